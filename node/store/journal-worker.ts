import { parentPort, workerData } from 'node:worker_threads'
import { invariant } from '../../aggregator/assert.ts'
import { codeOf } from '../errors.ts'
import type { FromWriter, ToWriter, WriterSetup } from './journal-entries.ts'
import { openForWriting } from './journal-schema.ts'
import { JournalWriter } from './journal-writer.ts'

// The thread that writes history: a commit blocks its thread, and rounds must not wait for it.

/** SQLITE_FULL */
const DISK_FULL = 13

function serve(setup: WriterSetup, port: NonNullable<typeof parentPort>): void {
  const say = (message: FromWriter) => port.postMessage(message)
  let database: ReturnType<typeof openForWriting>
  let writer: JournalWriter
  try {
    database = openForWriting(setup.path)
    writer = new JournalWriter(setup, database)
  } catch (error) {
    say({ type: 'refused', code: codeOf(error), message: messageOf(error) })
    return
  }
  say({ type: 'opened', run: writer.run })

  port.on('message', (message: ToWriter) => {
    if (message.type === 'close') {
      database.close()
      say({ type: 'closed' })
      port.close()
      return
    }
    const { batch, entries } = message
    try {
      writer.write(entries)
      say({ type: 'written', batch, fileBytes: writer.fileBytes })
    } catch (error) {
      say({ type: 'lost', batch, code: journalCodeOf(error), message: messageOf(error) })
    }
  })
}

function journalCodeOf(error: unknown): string {
  const isFull = error instanceof Error && 'errcode' in error && error.errcode === DISK_FULL
  return isFull ? 'JOURNAL_DISK_FULL' : 'JOURNAL_FAILED'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

invariant(parentPort !== null, 'this file runs as a worker thread')
serve(workerData as WriterSetup, parentPort)
