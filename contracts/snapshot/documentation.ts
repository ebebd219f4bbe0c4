/** What the compiler says of one contract. */
export interface Analysed {
  readonly abi: readonly AbiItem[]
  readonly userdoc: {
    readonly methods?: Noticed
    readonly events?: Noticed
    readonly errors?: Readonly<Record<string, readonly { readonly notice?: string }[]>>
  }
}

type Noticed = Readonly<Record<string, { readonly notice?: string }>>

interface Parameter {
  readonly type: string
  readonly components?: readonly Parameter[]
}

interface AbiItem {
  readonly type: string
  readonly name?: string
  readonly inputs?: readonly Parameter[]
}

/** External functions, events and errors without a @notice, by signature. */
export function undocumentedIn({ abi, userdoc }: Analysed): readonly string[] {
  return abi.flatMap((item) => {
    const signature = `${item.name}(${(item.inputs ?? []).map(typeOf).join(',')})`
    const noticed = {
      function: userdoc.methods?.[signature]?.notice,
      event: userdoc.events?.[signature]?.notice,
      error: userdoc.errors?.[signature]?.[0]?.notice,
    }
    if (!Object.hasOwn(noticed, item.type)) return []
    const notice = noticed[item.type as keyof typeof noticed]
    return notice === undefined || notice === '' ? [`${item.type} ${signature}`] : []
  })
}

/** A tuple is spelt out in a signature. */
function typeOf({ type, components = [] }: Parameter): string {
  if (!type.startsWith('tuple')) return type
  return `(${components.map(typeOf).join(',')})${type.slice('tuple'.length)}`
}
