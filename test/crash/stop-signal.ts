/** Aborts at the first Ctrl-C or SIGTERM, so that processes and folders of a run are cleared. */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort())
  return stopping.signal
}
