/** Does something for each of many, a few at a time; the results are in the order of the items. */
export async function eachAtOnce<T, R>(
  items: readonly T[],
  { limit, work }: { readonly limit: number; readonly work: (item: T) => Promise<R> },
): Promise<readonly R[]> {
  const results: R[] = []
  const waiting = items.entries()
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}
