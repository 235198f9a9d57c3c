// Calendar steps in the zone of the hub, right over clock changes. Times are seconds since 1970. Imports nothing.

/**
 * @typedef {object} Step
 * @property {'second' | 'hour' | 'day' | 'week' | 'month' | 'year'} unit
 * @property {number} count so many of them; seconds for all below an hour
 *
 * @typedef {object} Tick
 * @property {number} time
 * @property {'second' | 'minute' | 'day' | 'month' | 'year'} kind the coarsest that begins there: says what to write
 */

/** @type {Map<string, Intl.DateTimeFormat>} */
const clocks = new Map()
/**
 * Offsets by zone and quarter of an hour: no zone changes in between.
 * @type {Map<string, number>}
 */
const offsets = new Map()

/**
 * How many seconds the clocks of a zone are ahead of UTC.
 * @param {number} time
 * @param {string | undefined} zone the browser's where undefined
 */
function offset(time, zone) {
  const quarter = Math.floor(time / 900)
  const name = `${zone} ${quarter}`
  const known = offsets.get(name)
  if (known !== undefined) return known
  let clock = clocks.get(String(zone))
  if (!clock) clocks.set(String(zone), clock = clockOf(zone))
  /** @type {Record<string, number>} */
  const part = {}
  for (const { type, value } of clock.formatToParts(quarter * 900_000)) part[type] = Number(value)
  const found = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) / 1000 - quarter * 900
  if (offsets.size > 20_000) offsets.clear()
  offsets.set(name, found)
  return found
}

/** @param {string | undefined} zone one that this browser does not know is as none */
function clockOf(zone) {
  /** @type {Intl.DateTimeFormatOptions} */
  const fields = { hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }
  try { return new Intl.DateTimeFormat('en', { timeZone: zone, ...fields }) } catch { return new Intl.DateTimeFormat('en', fields) }
}

/**
 * What calendar and clock of the zone show, as a Date whose UTC fields are to be read.
 * @param {number} time
 * @param {string} [zone]
 */
export function local(time, zone) { return new Date((time + offset(time, zone)) * 1000) }

/**
 * When they show that. What is skipped in spring is an hour later; of what comes twice in autumn it is the first.
 * @param {number} wall milliseconds of such a Date
 * @param {string} [zone]
 */
export function instant(wall, zone) {
  const guess = wall / 1000
  const [before, after] = [offset(guess - 86400, zone), offset(guess + 86400, zone)]
  const early = guess - before
  return offset(early, zone) === before ? early : guess - (offset(guess - after, zone) === after ? after : before)
}

/**
 * The same time of the clock, so many steps later.
 * @param {number} time
 * @param {Step} step
 * @param {number} times may be negative
 * @param {string} [zone]
 */
export function later(time, step, times, zone) {
  const count = step.count * times
  if (step.unit === 'second') return time + count
  if (step.unit === 'hour') return time + count * 3600
  const wall = local(time, zone)
  const [year, month, day] = [wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate()]
  const rest = wall.getTime() - Date.UTC(year, month, day)
  if (step.unit === 'day' || step.unit === 'week') return instant(Date.UTC(year, month, day + count * (step.unit === 'week' ? 7 : 1)) + rest, zone)
  const months = month + count * (step.unit === 'year' ? 12 : 1)
  // The 31st of a shorter month is its last day.
  const most = new Date(Date.UTC(year, months + 1, 0)).getUTCDate()
  return instant(Date.UTC(year, months, Math.min(day, most)) + rest, zone)
}

/**
 * Where the step begins that a time is in.
 * @param {number} time
 * @param {Step} step
 * @param {string} [zone]
 */
export function startOf(time, step, zone) {
  const { unit, count } = step
  const wall = local(time, zone)
  const ahead = wall.getTime() / 1000 - time
  if (unit === 'second' || (unit === 'hour' && count === 1)) {
    const size = unit === 'hour' ? 3600 : count
    return Math.floor((time + ahead) / size) * size - ahead
  }
  const [year, month, day] = [wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate()]
  if (unit === 'hour') return instant(Date.UTC(year, month, day, Math.floor(wall.getUTCHours() / count) * count), zone)
  if (unit === 'day') return instant(Date.UTC(year, month, day - (day - 1) % count), zone)
  if (unit === 'week') return instant(Date.UTC(year, month, day - (wall.getUTCDay() + 6) % 7), zone)
  if (unit === 'month') return instant(Date.UTC(year, Math.floor(month / count) * count, 1), zone)
  return instant(Date.UTC(Math.floor(year / count) * count, 0, 1), zone)
}

/**
 * Where the next one begins.
 * @param {number} start of a step
 * @param {Step} step
 * @param {string} [zone]
 */
export function next(start, step, zone) {
  if (step.unit === 'second' || (step.unit === 'hour' && step.count === 1)) return later(start, step, 1, zone)
  if (step.unit === 'hour') {
    // Hours of the clock, not of the day: also a day of 25 hours has its noon at 12.
    const wall = local(start, zone)
    const hour = Math.floor(wall.getUTCHours() / step.count) * step.count + step.count
    return instant(Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate(), hour), zone)
  }
  const found = startOf(later(start, step, 1, zone), step, zone)
  // Every second or fifth day begins anew with the month; two that stand close there are one.
  if (step.unit !== 'day' || step.count === 1) return found
  const month = startOf(found, { unit: 'month', count: 1 }, zone)
  return later(month, { unit: 'month', count: 1 }, 1, zone) - found < 86400 * step.count * 0.6 ? later(month, { unit: 'month', count: 1 }, 1,
    zone) : found
}

/** @type {[Step['unit'], number, number][]} */
const steps = [
  ['second', 1, 1], ['second', 5, 5], ['second', 15, 15], ['second', 30, 30], ['second', 60, 60], ['second', 300, 300], ['second', 900, 900],
  ['second', 1800, 1800], ['hour', 1, 3600], ['hour', 3, 10800], ['hour', 6, 21600], ['hour', 12, 43200], ['day', 1, 86400], ['day', 2, 172800],
  ['day', 5, 432000], ['week', 1, 604800], ['day', 10, 864000], ['month', 1, 2678400], ['month', 3, 7948800], ['year', 1, 31622400], ['year',
    5, 158e6], ['year', 10, 316e6], ['year', 100, 3160e6],
]

/**
 * The finest step of which not more than so many fit.
 * @param {number} length in seconds
 * @param {number} most
 * @param {Step['unit'][]} [units] only of these
 * @returns {Step}
 */
export function stepFor(length, most, units) {
  const found = steps.find(([unit, , size]) => (!units || units.includes(unit)) && length / size <= most) ?? steps[steps.length - 1]
  return { unit: found[0], count: found[1] }
}

/**
 * Ticks of an axis, ascending.
 * @param {number} since
 * @param {number} until
 * @param {number} most
 * @param {string} [zone]
 * @returns {Tick[]}
 */
export function ticks(since, until, most, zone) {
  if (!(until > since)) return []
  const step = stepFor(until - since, Math.max(1, most))
  const found = []
  for (let time = startOf(since, step, zone); time <= until && found.length < 200;) {
    if (time >= since) found.push({ time, kind: kindOf(time, zone) })
    const following = next(time, step, zone)
    time = following > time ? following : time + 3600
  }
  return found
}

/** @param {number} time @param {string} [zone] @returns {Tick['kind']} */
function kindOf(time, zone) {
  const wall = local(time, zone)
  if (wall.getUTCSeconds()) return 'second'
  if (wall.getUTCHours() || wall.getUTCMinutes()) return 'minute'
  if (wall.getUTCDate() > 1) return 'day'
  return wall.getUTCMonth() ? 'month' : 'year'
}
