import { serve } from '../threads/serve.ts'
import { perform } from './tasks.ts'

serve(perform)
