/** How the simulator is called: in a clone, where this is TypeScript, and in the package. */
export const CALL = import.meta.url.endsWith('.ts') ? 'npm run sim --' : 'parallax simulate'
