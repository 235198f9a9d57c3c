// The keys of the house with their newest values, as the hub tells of them: loaded once, then kept by pushes. After a break
// the page catches up by the hub's sequence and loads all anew only where the hub does not know it any more.

import { connection } from '../hub/connection.js'
import { Emitter, atEnd, beforeNextFrame } from '../base/events.js'

/**
 * @typedef {object} Key
 * @property {string} name
 * @property {string} type `numeric`, `counter`, `boolean`, `uptime` or `string`
 * @property {any} value null: not known
 * @property {number | null} time of the newest put, in seconds since 1970
 * @property {boolean} stale
 * @property {Record<string, any>} opts options: `unit`, `precision`, `values` …
 * @property {boolean} writable a put goes to a device
 * @property {string} [device]
 * @property {string} [property]
 */

/** @type {Map<string, Key>} */
export const keys = new Map()
/**
 * Keys came or went.
 * @type {Emitter<void>}
 */
export const listed = new Emitter()
/**
 * Each change as it comes, before it is shown: `{key, value, time, previous, stale?}`.
 * @type {Emitter<any>}
 */
export const changes = new Emitter()

/** @type {Map<string, Set<(key: Key | undefined) => void>>} */
const watchers = new Map()
/** @type {Set<string>} */
const changed = new Set()
let isListChanged = false
/** @type {string | null} */
let sequence = null

/**
 * Calls with a key at once, and before the next picture after each of its changes.
 * @param {string} name
 * @param {(key: Key | undefined) => void} listener undefined: there is no such key (yet)
 * @param {AbortSignal} signal
 */
export function watch(name, listener, signal) {
  if (signal.aborted) return
  const all = watchers.get(name) ?? new Set()
  watchers.set(name, all)
  all.add(listener)
  atEnd(signal, () => {
    all.delete(listener)
    if (!all.size && watchers.get(name) === all) watchers.delete(name)
  })
  listener(keys.get(name))
}

/**
 * Has the watchers of a key look again.
 * @param {string} name
 */
export function touch(name) {
  changed.add(name)
  beforeNextFrame(show)
}

function show() {
  const names = [...changed]
  changed.clear()
  for (const name of names) for (const listener of [...watchers.get(name) ?? []]) listener(keys.get(name))
  if (isListChanged) { isListChanged = false; listed.emit() }
}

/** @param {any} pub */
function apply(pub) {
  const key = keys.get(pub.key)
  changes.emit(pub)
  if (!key) {
    keys.set(pub.key, { name: pub.key, type: typeof pub.value === 'number' ? 'numeric' : typeof pub.value, value: pub.value, time: pub.time, stale: !!pub.stale, opts: {}, writable: false })
    isListChanged = true
    unknown.add(pub.key)
    setTimeout(loadUnknown, 500)
  } else {
    key.value = pub.value
    key.time = pub.time
    key.stale = pub.stale ?? false
  }
  touch(pub.key)
}

/**
 * Keys of which only a change is known.
 * @type {Set<string>}
 */
const unknown = new Set()

async function loadUnknown() {
  const names = [...unknown]
  unknown.clear()
  for (const name of names.slice(0, 200)) {
    try { take(await connection.ask('keys', { match: name, include: ['last'] }), false) } catch { return }
  }
}

/** @param {Record<string, any>} answer @param {boolean} isOlder changes that came meanwhile are newer */
function take(answer, isOlder) {
  for (const [name, each] of Object.entries(answer)) {
    const known = keys.get(name)
    const isNewer = isOlder && known?.time && known.time > (each.time ?? 0)
    keys.set(name, {
      name, type: each.type, opts: each.opts ?? {}, writable: !!each.writable, device: each.device, property: each.property,
      value: isNewer ? known.value : each.value ?? null, time: isNewer ? known.time : each.time ?? null, stale: isNewer ? known.stale : !!each.stale,
    })
    changed.add(name)
  }
  // Of a page among others it is told when all are there.
  if (!isOlder) isListChanged = true
  beforeNextFrame(show)
}

/** Few questions for a large house, none of which stops the page. */
const atOnce = 5000

/** All keys, a page at a time. */
export async function loadKeys() {
  const seen = new Set()
  for (let after; ;) {
    /** @type {any} */
    const page = await connection.ask('keys', { include: ['last'], after, limit: atOnce })
    take(page, true)
    const names = Object.keys(page)
    for (const name of names) seen.add(name)
    if (names.length < atOnce) break
    after = names[names.length - 1]
  }
  for (const name of [...keys.keys()]) if (!seen.has(name)) { keys.delete(name); touch(name) }
  isListChanged = true
  beforeNextFrame(show)
}

export function startKeys() {
  connection.pushed.listen((message) => {
    if (!message.pub) return
    if (message.pub.seq) sequence = message.pub.seq
    apply(message.pub)
  })
  connection.atBegin(async () => {
    const isFirst = sequence === null
    const subscribed = connection.ask('sub', { pattern: '**', seq: true, ...(isFirst ? {} : { after: sequence }) })
    // Asked behind it, so that nothing is missed between both.
    const loaded = isFirst ? loadKeys() : undefined
    loaded?.catch(() => {})
    const answer = await subscribed
    // What was told before goes on from here; after a gap nobody knows what was missed.
    const isCaughtUp = sequence !== null && !answer.gap
    sequence = answer.seq ?? sequence
    if (!isCaughtUp) await (loaded ?? loadKeys())
  })
}
