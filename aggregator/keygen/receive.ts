import { equalBytes } from '../values/bytes.ts'
import type { MemberIndex } from '../values/ids.ts'
import { contradicts } from './evidence.ts'
import type {
  KeygenState,
  SignedAccusation,
  SignedEcho,
  SignedPackage,
  SignedResult,
} from './machine.ts'
import { isPackageSound } from './polynomial.ts'
import { resultOf, transcriptOf } from './result.ts'
import { missingOf } from './standing.ts'
import type { Signed } from './statements.ts'
import { convictBy, end, type Step } from './transition.ts'

/** Takes any member's statement: keeps the first of its kind, convicts by what excludes it. */
export function receive(step: Step, signed: Signed): void {
  const { context, state } = step
  const { statement } = signed
  // Its disk was lost, or its key runs twice: whatever it said now would convict it.
  if (statement.sender === state.self && !state.hasSpoken) {
    end(step, { type: 'spent' })
    return
  }
  const held = heldOf(state, statement.sender).find((each) => contradicts(context, each, signed))
  if (held !== undefined) {
    convictBy(step, { kind: 'contradiction', statements: [held, signed] })
    return
  }
  switch (statement.type) {
    case 'package':
      receivePackage(step, signed as SignedPackage)
      break
    case 'echo':
      state.echoes[statement.sender] ??= signed as SignedEcho
      break
    case 'result':
      state.results[statement.sender] ??= signed as SignedResult
      judgeResults(step)
      break
    case 'accusation':
      receiveAccusation(step, signed as SignedAccusation)
      break
    case 'share':
      // Shares come sealed and are opened by the host; one in the open is nobody's business.
      break
  }
}

/**
 * Whether a sound statement of a member's changes nothing any more: it is held, or the member gave
 * up before. Each is taken and passed on once, or one member could say the same for ever, signed
 * anew each time, with what others may pass on (§13).
 */
export function isSurplus(state: KeygenState, { statement, digest }: Signed): boolean {
  const { type, sender } = statement
  if (type === 'accusation') return state.accusations[sender] !== null
  return heldOf(state, sender).some((held) => equalBytes(held.digest, digest))
}

function heldOf(state: KeygenState, sender: MemberIndex): readonly Signed[] {
  const held = [state.packages[sender], state.echoes[sender], state.results[sender]]
  return held.filter((each) => each !== null && each !== undefined)
}

function receivePackage(step: Step, signed: SignedPackage): void {
  const { state } = step
  const { sender } = signed.statement
  if (state.packages[sender] !== null) return
  if (sender !== state.self && !isPackageSound(sender, signed.statement)) {
    convictBy(step, { kind: 'package', statements: [signed] })
    return
  }
  state.packages[sender] = signed
}

/**
 * Convicts whoever signed another result than follows from the packages it names itself. A member
 * that came back after its promise may have been given others than those it promised upon: from
 * these nothing follows, and their sender is convicted by its real one.
 */
export function judgeResults(step: Step): void {
  const { context, state } = step
  const packages = state.packages.filter((each) => each !== null)
  if (state.promised === null || packages.length !== context.size) return
  const { transcript } = state.promised
  const digests = packages.map(({ digest }) => digest)
  if (!equalBytes(transcriptOf(context, digests), transcript)) return
  const expected = resultOf(context, state.promised)
  const wrong = state.results.find(
    (each) =>
      each !== null &&
      equalBytes(each.statement.transcript, transcript) &&
      !equalBytes(each.statement.result, expected),
  )
  if (wrong === null || wrong === undefined) return
  convictBy(step, { kind: 'result', statements: [wrong, ...packages] })
}

function receiveAccusation(step: Step, signed: SignedAccusation): void {
  const { context, state } = step
  const { sender, phase, against } = signed.statement
  state.accusations[sender] ??= signed
  // Whoever signed the result has all that it needs; what it says against others changes nothing.
  if (sender === state.self || state.results[sender] !== null) return
  end(step, { type: 'abandoned', by: sender, phase, against, missing: missingOf(context, state) })
}

/** Takes a share that its recipient found to be no good. */
export function refuseShare(step: Step, signed: Signed): void {
  const held = step.state.packages[signed.statement.sender]
  if (held === null || held === undefined) return
  const kind = contradicts(step.context, held, signed) ? 'contradiction' : 'share'
  convictBy(step, { kind, statements: [held, signed] })
}
