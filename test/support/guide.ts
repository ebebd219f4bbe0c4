/** Blocks of code of a document, by the file that the line above each names. */
export function namedBlocks(markdown: string): Readonly<Record<string, string>> {
  const blocks = markdown.matchAll(/^`([\w./]+)`[^\n]*\n\n```\w+\n([\s\S]*?)```/gm)
  return Object.fromEntries([...blocks].map(([, file = '', text = '']) => [file, text]))
}
