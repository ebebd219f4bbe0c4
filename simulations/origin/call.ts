/** How the simulator is called: in a clone, where this is TypeScript, and in the package. */
export const CALL = import.meta.url.endsWith('.ts') ? 'npm run sim --' : 'parallax simulate'

/** Words that a shell takes as they are. */
const PLAIN = /^[\w@%+=:,./-]+$/

/** The command line that calls the simulator with these words; a shell reads the same of it. */
export function callOf(words: readonly string[]): string {
  return [CALL, ...words.map(shown)].join(' ')
}

function shown(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
