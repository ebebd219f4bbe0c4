import { performSimulation } from './job.ts'
import { serve } from './serve.ts'

serve(performSimulation)
