import type { PublicClient } from 'viem'
import {
  AbiDecodingDataSizeTooSmallError,
  AbiDecodingZeroDataError,
  BaseError,
  createPublicClient,
  ExecutionRevertedError,
  http,
  RawContractError,
  RpcRequestError,
} from 'viem'
import { OracleError } from '../errors.ts'
import { boundedFetch } from './bounded-fetch.ts'

/** One JSON-RPC endpoint of a chain. */
export interface Endpoint {
  /** Host and port; never more, because paths and queries hold keys of providers. */
  readonly name: string
  readonly client: PublicClient
}

/** Makes a client for each address; names are unique within the list. */
export function endpointsOf(
  rpcUrls: readonly string[],
  options: { readonly timeoutMs: number },
): readonly Endpoint[] {
  const hosts = rpcUrls.map((url) => new URL(url).host)
  return rpcUrls.map((url, index) => {
    const host = hosts[index] as string
    const transport = http(url, {
      // Retrying is the pool's business: it asks another endpoint instead.
      retryCount: 0,
      timeout: options.timeoutMs,
      fetchFn: boundedFetch,
    })
    return {
      name: hosts.indexOf(host) === hosts.lastIndexOf(host) ? host : `${host}#${index}`,
      client: createPublicClient({ transport, cacheTime: 0 }) as PublicClient,
    }
  })
}

/** What failed, without addresses: messages of the client quote the whole URL with its key. */
export function describeRpcError(error: unknown): string {
  const text =
    error instanceof BaseError
      ? [error.shortMessage, error.details].filter((part) => part !== '').join(' ')
      : messageOf(error)
  return text
    .replace(/\b\w+:\/\/\S+/g, '[address]')
    .replace(/\s+/g, ' ')
    .slice(0, 300)
}

/** Whether the endpoint was reached and said no, in JSON-RPC. */
export function isRpcRefusal(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false
  return error.walk((cause) => cause instanceof RpcRequestError) !== null
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The data of a revert when the call itself failed on chain; null when the endpoint failed. */
export function revertDataOf(error: unknown): `0x${string}` | null {
  if (!(error instanceof BaseError)) return null
  const raw = error.walk((cause) => cause instanceof RawContractError)
  if (raw instanceof RawContractError) {
    const data = typeof raw.data === 'object' ? raw.data.data : raw.data
    return data ?? '0x'
  }
  const coded = error.walk((cause) => dataIn(cause) !== null)
  if (coded !== null) return dataIn(coded)
  return error.walk((cause) => cause instanceof ExecutionRevertedError) === null ? null : '0x'
}

/**
 * Whether the endpoint did its work and the chain gave this answer: a revert, or an address without
 * the contract we expect. Another endpoint would say the same.
 */
export function isAnswerOfChain(error: unknown): boolean {
  if (error instanceof OracleError || revertDataOf(error) !== null) return true
  if (!(error instanceof BaseError)) return false
  const undecodable = error.walk(
    (cause) =>
      cause instanceof AbiDecodingZeroDataError ||
      cause instanceof AbiDecodingDataSizeTooSmallError,
  )
  return undecodable !== null
}

function dataIn(cause: unknown): `0x${string}` | null {
  if (typeof cause !== 'object' || cause === null || !('data' in cause)) return null
  const data: unknown = cause.data
  if (isHex(data)) return data
  if (typeof data === 'object' && data !== null && 'data' in data && isHex(data.data)) {
    return data.data
  }
  return null
}

function isHex(value: unknown): value is `0x${string}` {
  return typeof value === 'string' && /^0x([0-9a-f]{2})*$/i.test(value)
}
