// The HTTP API (docs/http.md): what is no command of the WebSocket, and downloads.

import { Refusal, connection } from './connection.js'

/** @type {{ kind: string, name?: string, admin: boolean, read: string[], write: string[], csrf?: string } | null} */
export let session = null

/**
 * Who asks.
 * @returns {Promise<typeof session>} null: nobody that the hub knows
 */
export async function loadSession() {
  const answer = await fetch(new URL('api/session', document.baseURI))
  session = answer.ok ? await answer.json() : null
  return session
}

/**
 * @param {string} method
 * @param {string} path from `/api` on: `keys/kitchen.lamp`
 * @param {any} [body] JSON; of a GET the fields of the query
 * @param {{ signal?: AbortSignal, headers?: Record<string, string> }} [options]
 * @returns {Promise<any>}
 * @throws {Refusal}
 */
export async function api(method, path, body, options = {}) {
  const address = new URL(`api/${path}`, document.baseURI)
  /** @type {RequestInit} */
  const request = { method, signal: options.signal, headers: { Accept: 'application/json', ...options.headers } }
  if (method === 'GET') for (const [name, value] of Object.entries(body ?? {})) { if (value !== undefined && value !== null) address.searchParams.set(name, String(value)) }
  else {
    const headers = /** @type {Record<string, string>} */ (request.headers)
    if (session?.csrf) headers['X-CSRF-Token'] = session.csrf
    if (body !== undefined) { headers['Content-Type'] = 'application/json'; request.body = JSON.stringify(body) }
  }
  let answer
  try { answer = await fetch(address, request) } catch (error) {
    if (/** @type {any} */ (error)?.name === 'AbortError') throw error
    throw new Refusal('unreachable', 'The hub cannot be reached.')
  }
  const text = await answer.text()
  let content
  try { content = text ? JSON.parse(text) : null } catch { content = text }
  if (answer.ok) return content
  if (answer.status === 401 && path !== 'session') connection.again()
  const refusal = new Refusal(content?.code ?? String(answer.status), content?.detail ?? content?.title ?? answer.statusText)
  refusal.wait = Number(answer.headers.get('Retry-After')) || undefined
  throw refusal
}

/** @param {{ user: string, password: string } | { token: string }} who */
export async function logIn(who) {
  const before = session
  session = await api('POST', 'session', who)
  // What one person has loaded is not for another.
  if (before && before.name !== session?.name) location.reload()
  else connection.again()
}

export async function logOut() {
  await api('DELETE', 'session').catch(() => {})
  location.reload()
}

/**
 * Whether a key may be written, as far as patterns say: what it may, the hub decides.
 * @param {string} key
 */
export function mayWrite(key) {
  return session?.admin || !!session?.write.some((pattern) => fits(key, pattern))
}

/**
 * `*` is a segment, `**` any number of them.
 * @param {string} key
 * @param {string} pattern
 */
export function fits(key, pattern) {
  if (pattern === '**' || pattern === key) return true
  const source = pattern.split('.').map((part) => part === '**' ? '(?:[^.]+(?:\\.[^.]+)*)?' : part.split('*').map((each) => each.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('[^.]*'))
  return new RegExp(`^${source.join('\\.').replaceAll('(?:[^.]+(?:\\.[^.]+)*)?\\.', '(?:[^.]+\\.)*').replaceAll('\\.(?:[^.]+(?:\\.[^.]+)*)?', '(?:\\.[^.]+)*')}$`).test(key)
}
