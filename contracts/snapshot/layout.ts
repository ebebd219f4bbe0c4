/** The compiler's `storageLayout` of one contract. */
export interface StorageLayout {
  readonly storage: readonly Variable[]
  readonly types: Readonly<Record<string, Type>> | null
}

interface Variable {
  readonly label: string
  readonly offset: number
  readonly slot: string
  readonly type: string
}

interface Type {
  readonly label: string
  readonly numberOfBytes: string
  readonly members?: readonly Variable[]
}

/** A layout as lines: the compiler's own names hold numbers that change with every edit. */
export function layoutOf({ storage, types }: StorageLayout): readonly string[] {
  const line = ({ label, offset, slot, type }: Variable) =>
    `${slot}+${offset} ${label}: ${types?.[type]?.label} (${types?.[type]?.numberOfBytes})`
  const structs = Object.values(types ?? {})
    .filter(({ members }) => members !== undefined)
    .toSorted((one, other) => (one.label < other.label ? -1 : 1))
  return [
    ...storage.map(line),
    ...structs.flatMap(({ label, members = [] }) =>
      members.map((each) => `${label} ${line(each)}`),
    ),
  ]
}
