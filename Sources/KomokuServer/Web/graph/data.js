// The past of keys as graphs need it: pieces of a resolution that goes with the width, kept as long as there is room.

import { api } from '../hub/api.js'
import { ask } from '../hub/connection.js'
import { changes, keys } from '../keys/store.js'
import { startOf, stepFor } from './ticks.js'
import { zone } from '../base/format.js'

/**
 * @typedef {object} Row one point, or one bucket of them
 * @property {number} x when, in seconds since 1970; of a bucket its middle
 * @property {any} y NaN: not known. Of a bucket of a boolean the share of true, of a text the one that held longest
 * @property {number} [low]
 * @property {number} [high]
 * @property {number} [since] of a bucket
 * @property {number} [until]
 * @property {number} [count] of its points
 * @property {boolean} [mixed] a text that was not the only one
 *
 * @typedef {object} Piece
 * @property {number} level seconds of a bucket; 0 for the points themselves
 * @property {number} since from when to when it says all
 * @property {number} until
 * @property {Row[]} rows ascending
 */

const levels = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000]
/** Rows that are kept of all keys together: some megabytes. */
const room = 60_000

/** @type {Map<string, Piece[]>} */
const pieces = new Map()
/**
 * What came since the newest piece was fetched, by key.
 * @type {Map<string, { users: number, rows: Row[] }>}
 */
const tails = new Map()

const now = () => Date.now() / 1000

changes.listen((change) => {
  const tail = tails.get(change.key)
  if (!tail) return
  tail.rows.push({ x: change.time, y: known(change.stale ? null : change.value) })
  // Of one that speaks very often every other will do until the next piece comes.
  if (tail.rows.length > 2000) tail.rows = tail.rows.filter((_, index) => index % 2)
})

/** @param {any} value */
const known = (value) => typeof value === 'number' && !Number.isFinite(value) ? NaN : value ?? NaN

/**
 * Collects the changes of a key while somebody looks.
 * @param {string} key
 * @param {AbortSignal} signal
 */
export function follow(key, signal) {
  const tail = tails.get(key) ?? { users: 0, rows: [] }
  tails.set(key, tail)
  tail.users++
  signal.addEventListener('abort', () => { if (!--tail.users) tails.delete(key) }, { once: true })
}

/**
 * Forgets what is kept of a key: it was corrected.
 * @param {string} key
 */
export function forget(key) { pieces.delete(key) }

/** @param {string} key */
export const isState = (key) => ['boolean', 'uptime', 'string'].includes(keys.get(key)?.type ?? '')
/** @param {string} key */
export const isCounter = (key) => keys.get(key)?.type === 'counter'

/**
 * The calendar step of a counter's bars.
 * @param {number} length seconds
 * @param {number} width pixels
 */
export const barStep = (length, width) => stepFor(length, Math.max(4, Math.min(400, width / 8)), ['hour', 'day', 'week', 'month', 'year'])

/** @param {string} key @param {number} length @param {number} width */
function levelFor(key, length, width) {
  if (isCounter(key)) { const step = barStep(length, width); return step.count * { second: 1, hour: 3600, day: 86400, week: 604800,
    month: 2592000, year: 31536000 }[step.unit] }
  const most = keys.get(key)?.type === 'string' ? width / 4 : width
  return levels.find((each) => length / each <= Math.max(50, most)) ?? levels[levels.length - 1]
}

/**
 * What is there now of a range, the finest first, and whether it is all that was wished.
 * @param {string} key
 * @param {number} since
 * @param {number} until
 * @param {number} width pixels
 * @returns {{ rows: Row[], level: number, wanted: number | null }} wanted: the level that is to be loaded
 */
export function shownRows(key, since, until, width) {
  const all = pieces.get(key) ?? []
  const level = levelFor(key, until - since, width)
  /** @param {Piece} piece */
  const covers = (piece) => piece.since <= since && piece.until >= Math.min(until, now() - Math.max(piece.level, 60))
  const fits = all.find((piece) => piece.level === level && covers(piece))
  const points = all.find((piece) => piece.level === 0 && covers(piece))
  // Points only where they are not more than what is seen of them.
  const count = fits?.rows.reduce((sum, row) => row.x >= since && row.x <= until ? sum + (row.count ?? 0) : sum, 0) ?? Infinity
  const isFew = !isCounter(key) && count <= width
  const best = points && (isFew || !fits) && within(points.rows, since, until) <= width * 2 ? points : fits
  const wanted = !fits && !points ? level : isFew && !points ? 0 : !fits && best !== points ? level : null
  const rows = best ? best.rows : compose(all, level)
  return { rows: withTail(key, rows, best?.until ?? rows[rows.length - 1]?.x ?? 0, until), level: best?.level ?? level, wanted }
}

/** @param {Row[]} rows @param {number} since @param {number} until */
const within = (rows, since, until) => rows.reduce((sum, row) => row.x >= since && row.x <= until ? sum + 1 : sum, 0)

/**
 * One piece, and around it what coarser or finer ones have.
 * @param {Piece[]} all
 * @param {number} level
 */
function compose(all, level) {
  const [first, ...others] = [...all].sort((a, b) => Math.abs(Math.log((a.level || 1) / level)) - Math.abs(Math.log((b.level || 1) / level)))
  if (!first) return []
  let { since, until, rows } = first
  for (const other of others) {
    if (other.since < since) rows = [...other.rows.filter((row) => row.x < since), ...rows]
    if (other.until > until) rows = [...rows, ...other.rows.filter((row) => row.x > until)]
    since = Math.min(since, other.since)
    until = Math.max(until, other.until)
  }
  return rows
}

/** @param {string} key @param {Row[]} rows @param {number} end of what was fetched @param {number} until */
function withTail(key, rows, end, until) {
  const tail = tails.get(key)
  if (isCounter(key) || until < end) return rows
  const added = tail?.rows.filter((row) => row.x > end) ?? []
  const last = added[added.length - 1] ?? rows[rows.length - 1]
  const time = now()
  // A value holds until the next one.
  if (last && last.y === last.y && last.x < time && until >= time - 60) added.push({ x: Math.min(time, until), y: last.y })
  return added.length ? [...rows, ...added] : rows
}

/**
 * Fetches what is wanted, with half a range on both sides, and keeps it.
 * @param {string} key
 * @param {number} level
 * @param {number} since
 * @param {number} until
 * @param {number} width
 * @param {AbortSignal} signal
 * @param {number} [margin] seconds
 * @returns {Promise<void>}
 */
export async function load(key, level, since, until, width, signal, margin = Math.min((until - since) / 2, 400 * 86400)) {
  const length = until - since
  const beginning = now()
  const range = { since: Math.floor(since - margin), until: Math.ceil(Math.min(until + margin, Math.max(until, beginning))) }
  const path = `keys/${encodeURIComponent(key)}`
  /** @type {Piece} */
  const piece = { level, ...range, rows: [] }
  if (level === 0) {
    const limit = Math.ceil(Math.min(10_000, width * 4))
    const answer = await api('GET', `${path}/history`, { ...range, limit }, { signal })
    if (answer.points.length >= limit) {
      // Around what is shown there are too many of them.
      if (margin) return load(key, level, since, until, width, signal, 0)
      piece.until = answer.points[answer.points.length - 1][0]
    }
    piece.rows = carried(key, range.since, answer.points.map((/** @type {[number, any]} */ [x, y]) => ({ x, y: known(y) })))
  } else {
    const step = isCounter(key) ? barStep(length, width) : null
    // Whole steps: the first and the last are no shorter than the others.
    if (step) { piece.since = range.since = startOf(range.since, step, zone); range.until = Math.min(range.until, beginning) }
    const several = step && step.count > 1
    const fields = { numeric: 'count,min,max,mean,time_mean,known_time', counter: 'count,increase',
      string: 'count,states,known_time' }[keys.get(key)?.type ?? ''] ?? 'count,fraction,known_time'
    const answer = await api('GET', `${path}/statistics`, { ...range, step: step ? step.unit : `${level}s`, fields }, { signal })
    piece.rows = answer.windows.map(row)
    if (several) piece.rows = together(piece.rows, step)
  }
  if (!signal.aborted) keep(key, piece, beginning)
}

/**
 * What held before the first point, as far as it is known.
 * @param {string} key
 * @param {number} since
 * @param {Row[]} rows
 */
function carried(key, since, rows) {
  for (const piece of pieces.get(key) ?? []) {
    const before = piece.level > 0 && [...piece.rows].reverse().find((each) => /** @type {number} */ (each.since) <= since || each === piece.rows[0])
    if (before && !before.count && before.y === before.y && before.y !== null && !before.mixed) return [{ x: Math.max(since,
      before.since ?? since), y: typeof before.y === 'number' && keys.get(key)?.type !== 'numeric' ? before.y > 0.5 : before.y }, ...rows]
  }
  return rows
}

/** @param {any} window @returns {Row} */
function row(window) {
  const { start: since, end: until, count, min, max } = window
  const base = { x: (since + until) / 2, since, until, count }
  if (window.known_time === 0 && !count) return { ...base, y: NaN }
  if ('increase' in window) return { ...base, y: window.increase ?? NaN }
  if ('fraction' in window) return { ...base, y: window.fraction ?? NaN }
  if ('states' in window) {
    const [first, ...others] = Object.entries(window.states).sort(([, a], [, b]) => b - a)
    return { ...base, y: first ? first[0] : NaN, mixed: others.length > 0 }
  }
  const y = window.time_mean ?? window.mean ?? NaN
  return { ...base, y, low: min === null ? y : Math.min(min, y), high: max === null ? y : Math.max(max, y) }
}

/** @param {Row[]} rows @param {import('./ticks.js').Step} step */
function together(rows, step) {
  /** @type {Row[]} */
  const found = []
  for (const each of rows) {
    const last = found[found.length - 1]
    const start = startOf(/** @type {number} */ (each.since), step, zone)
    if (last && last.since === start) { last.y = (last.y || 0) + (each.y || 0); last.until = each.until; last.x = (start + /** @type {number} */ (each.until)) / 2 }
    else found.push({ ...each, since: start })
  }
  return found
}

/** @param {string} key @param {Piece} piece @param {number} time when it was asked for */
function keep(key, piece, time) {
  piece.until = Math.min(piece.until, time)
  const others = (pieces.get(key) ?? []).filter((each) => each.level !== piece.level || each.since < piece.since || each.until > piece.until)
  pieces.delete(key)
  pieces.set(key, [piece, ...others].slice(0, 8))
  const tail = tails.get(key)
  if (tail) tail.rows = tail.rows.filter((each) => each.x > piece.until - 60)
  let count = 0
  for (const [name, all] of [...pieces].reverse()) {
    for (const each of all) count += each.rows.length
    if (count > room && name !== key) pieces.delete(name)
  }
}

/** @type {{ time: number, outages: { of: string, start: number, end: number | null }[] }} */
let outagesKnown = { time: 0, outages: [] }

/**
 * When nobody watched. Not everybody may know.
 * @returns {Promise<{ of: string, start: number, end: number | null }[]>}
 */
export async function loadOutages() {
  if (now() - outagesKnown.time > 60) {
    outagesKnown.time = now()
    outagesKnown.outages = await ask('store').then((answer) => answer.outages ?? [], () => [])
  }
  return outagesKnown.outages
}

