// Days, weeks, months and years of the hub's zone: a day has 23 or 25 hours where the clocks change.

import { date, zone } from '../base/format.js'

/** @typedef {'hour' | 'day' | 'week' | 'month' | 'year'} Step */
/** @typedef {{ since: number, until: number }} Slot seconds since 1970 */

/** @param {number} seconds what the clock of the house shows, as if it were UTC, in seconds */
function wallTime(seconds) {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric',
    hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(seconds * 1000)
  const of = (/** @type {string} */ type) => Number(parts.find((each) => each.type === type)?.value)
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) / 1000
}

/**
 * When a day begins.
 * @param {number} year
 * @param {number} month from 0; beyond 11 the next year
 * @param {number} day from 1; beyond the month the next one
 */
export function dayStart(year, month, day) {
  const wall = Date.UTC(year, month, day) / 1000
  let time = wall
  // The second round is for days next to a change of the clocks.
  for (let round = 0; round < 2; round++) time = wall - (wallTime(time) - time)
  return time
}

/** @param {number} seconds @returns {[number, number, number]} year, month from 0, day */
export function dayOf(seconds) {
  const wall = new Date(wallTime(Math.floor(seconds)) * 1000)
  return [wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate()]
}

/** How many are shown beside each other: the days of a month, the months of a year, … */
const shown = { hour: 0, day: 0, week: 13, month: 12, year: 10 }

/**
 * The slots of the window in which a time lies, or of one before or after it.
 * @param {Step} step
 * @param {number} seconds
 * @param {number} [shift]
 * @returns {Slot[]}
 */
export function slots(step, seconds, shift = 0) {
  const [year, month, day] = dayOf(seconds)
  const weekday = (new Date(Date.UTC(year, month, day)).getUTCDay() + 6) % 7
  if (step === 'hour') {
    const [since, until] = [dayStart(year, month, day + shift), dayStart(year, month, day + shift + 1)]
    return Array.from({ length: Math.round((until - since) / 3600) },
      (_, index) => ({ since: since + index * 3600, until: since + (index + 1) * 3600 }))
  }
  const length = step === 'day' ? new Date(Date.UTC(year, month + shift + 1, 0)).getUTCDate() : shown[step]
  /** @type {(index: number) => number} */
  const start = {
    day: (/** @type {number} */ index) => dayStart(year, month + shift, 1 + index),
    week: (/** @type {number} */ index) => dayStart(year, month, day - weekday + 7 * (index - 12 + 13 * shift)),
    month: (/** @type {number} */ index) => dayStart(year + shift, index, 1),
    year: (/** @type {number} */ index) => dayStart(year - 9 + 10 * shift + index, 0, 1),
  }[step]
  return Array.from({ length }, (_, index) => ({ since: start(index), until: start(index + 1) }))
}

/** @type {Record<Step, [Intl.DateTimeFormatOptions, Intl.DateTimeFormatOptions]>} */
const labels = {
  hour: [{ hour: 'numeric', hourCycle: 'h23' }, { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' }],
  day: [{ day: 'numeric' }, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }],
  week: [{ day: 'numeric', month: 'short' }, { day: 'numeric', month: 'short', year: 'numeric' }],
  month: [{ month: 'short' }, { month: 'long', year: 'numeric' }],
  year: [{ year: 'numeric' }, { year: 'numeric' }],
}

/** @param {Step} step @param {Slot} slot @param {boolean} [isWhole] */
export function label(step, slot, isWhole = false) {
  const text = date(slot.since, labels[step][isWhole ? 1 : 0])
  return step === 'week' && isWhole ? `${date(slot.since, labels.week[0])} – ${date(slot.until - 43200, labels.week[1])}`
    : (step === 'day' || step === 'hour') && !isWhole ? String(Number.parseInt(text)) : text
}

/**
 * The name of a whole window: `November 2026`.
 * @param {Step} step
 * @param {Slot[]} all
 */
export function windowName(step, all) {
  const [first, last] = [all[0], all[all.length - 1]]
  if (step === 'hour') return label('day', first, true)
  if (step === 'day') return label('month', first, true)
  if (step === 'month') return label('year', first)
  return step === 'year' ? `${label('year', first)} – ${label('year', last)}`
    : `${label('week', first)} – ${date(last.until - 43200, labels.week[1])}`
}
