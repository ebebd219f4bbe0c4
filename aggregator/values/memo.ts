/** Drops the entry that was set first: memos that are full forget what is oldest. */
export function forgetFirst<K>(memo: Map<K, unknown>): void {
  for (const first of memo.keys()) {
    memo.delete(first)
    return
  }
}
