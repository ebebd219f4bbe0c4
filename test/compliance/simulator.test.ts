import { simulatedHost } from './simulated-host.ts'
import { complies } from './suite.ts'

complies(simulatedHost)
