import { request } from 'undici'

/** What a server of ours answers to a GET on a connection of its own; `json` where it is JSON. */
export async function answerOf(url: string) {
  const {
    statusCode: status,
    headers,
    body,
  } = await request(url, {
    headers: { connection: 'close' },
  })
  const text = await body.text()
  const isJson = String(headers['content-type']).startsWith('application/json')
  return { status, headers, text, json: isJson ? JSON.parse(text) : null }
}
