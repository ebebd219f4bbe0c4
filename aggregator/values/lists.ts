/**
 * A list with one item more, made for lists that stay short and are kept: an array that is pushed
 * to gets room for sixteen items beyond.
 */
export function appended<T>(list: readonly T[], item: T): readonly T[] {
  return list.length === 0 ? [item] : list.concat([item])
}
