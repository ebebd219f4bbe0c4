import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { recover, reservedBy, standingOf } from '../../node/keys/promise-records.ts'

const KINDS = ['observation', 'late', 'proposal0', 'proposal1', 'share']

/** Everything that the signers of one set of disks ever signed, and whether their disks know it. */
export class SignedRecord {
  readonly #directory: string
  readonly #signers: number
  /** By member, round and kind. */
  readonly #signed = new Map<string, string>()
  /** Highest round in which a member signed. */
  readonly #highest = new Map<number, number>()
  #heard = { signed: 0, conflicts: [] as string[], refused: [] as string[] }

  constructor(directory: string, signers: number) {
    this.#directory = directory
    this.#signers = signers
    mkdirSync(directory, { recursive: true })
  }

  /** Takes one line of a signers' process. */
  hear(line: string): void {
    const [member = '', round = '', kind = '', content = ''] = line.split(' ')
    if (kind === 'refused') this.#heard.refused.push(content)
    if (!KINDS.includes(kind) || content.length !== 64) return
    const key = `${member} ${round} ${kind}`
    const known = this.#signed.get(key)
    this.#heard.signed += 1
    if (known !== undefined && known !== content) {
      this.#heard.conflicts.push(`${key} was signed as ${known} and as ${content}`)
    }
    this.#signed.set(key, content)
    const highest = this.#highest.get(Number(member)) ?? 0
    this.#highest.set(Number(member), Math.max(highest, Number(round)))
  }

  /** What is wrong with the promises files: each must hold or reserve all that was signed. */
  inspect(): string[] {
    return Array.from({ length: this.#signers }, (_, member) => this.#faultOf(member)).filter(
      (fault) => fault !== null,
    )
  }

  /** What was heard since the last call. */
  take() {
    const heard = this.#heard
    this.#heard = { signed: 0, conflicts: [], refused: [] }
    return heard
  }

  #faultOf(member: number): string | null {
    const highest = this.#highest.get(member)
    const name = `promises of member ${member}`
    const recovery = recover(this.#read(member))
    if (recovery.type === 'corrupt' || recovery.type === 'foreign') {
      return `${name}: ${recovery.type} at ${recovery.position}`
    }
    if (highest === undefined) return null
    if (recovery.type === 'unborn') return `${name}: empty, but round ${highest} was signed`
    const { watermark, atWatermark } = standingOf(recovery.records)
    const reserved = reservedBy(recovery.records)
    if (Math.max(watermark, reserved) < highest) {
      return `${name}: end at ${watermark}, reserve ${reserved}, but ${highest} was signed`
    }
    const isWhole = KINDS.every((kind) => {
      const signed = this.#signed.get(`${member} ${watermark} ${kind}`)
      const held = [...atWatermark].find(([each]) => each === kind)?.[1]
      // A promise of a reserved round may be lost: nothing is promised in that round again.
      if (signed === undefined || (held === undefined && watermark <= reserved)) return true
      return held !== undefined && Buffer.from(held).toString('hex') === signed
    })
    return isWhole ? null : `${name}: round ${watermark} is not what was signed`
  }

  #read(member: number): Uint8Array {
    try {
      return readFileSync(join(this.#directory, String(member), 'promises'))
    } catch {
      return new Uint8Array(0)
    }
  }
}
