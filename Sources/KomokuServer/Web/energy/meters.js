// What the meters counted, sorted by what they are for.

import { language, t } from '../base/words.js'
import { number, withUnit } from '../base/format.js'

/**
 * @typedef {{ id: string, kind: string, name: string, unit: string, fault?: string }} Meter
 * @typedef {{ since: number, until: number, values: Record<string, number | null>, cost: Record<string, number | null>, used: number | null, unaccounted: number | null, self_sufficiency: number | null, missing?: Record<string, number> }} Row
 * @typedef {{ currency: string | null, meters: Meter[], rows: Row[] }} Answer
 */

/** The series of a picture of electricity, from the line on. What goes out is below it. */
export const series = ['solar', 'battery_out', 'grid_in', 'battery_in', 'grid_out']
const outward = new Set(['battery_in', 'grid_out'])

/** @param {string} kind */
export const isOutward = (kind) => outward.has(kind)
/** @param {Meter} meter */
export const isElectric = (meter) => series.includes(meter.kind)
/** @param {Meter} meter */
export const isDevice = (meter) => meter.kind === 'device'

/**
 * What a kind of meters counted, all of them together; null: nobody knows.
 * @param {Meter[]} meters
 * @param {Row} row
 * @param {string} kind
 * @returns {number | null}
 */
export function amount(meters, row, kind) {
  const known = meters.filter((each) => each.kind === kind).map((each) => row.values[each.id]).filter((each) => typeof each === 'number')
  return known.length ? known.reduce((sum, each) => Number(sum) + Number(each), 0) ?? null : null
}

/**
 * What it cost; what was fed in earned something. Single devices are part of the rest already.
 * @param {Meter[]} meters
 * @param {Row} row
 * @param {(meter: Meter) => boolean} [isMeant] without, all of them
 * @returns {number | null}
 */
export function cost(meters, row, isMeant = () => true) {
  const known = meters.filter((each) => !isDevice(each) && isMeant(each) && typeof row.cost?.[each.id] === 'number')
  return known.length ? known.reduce((sum, each) => sum + (each.kind === 'grid_out' ? -Math.abs(Number(row.cost[each.id]))
    : Number(row.cost[each.id])), 0) : null
}

/** @param {number | null | undefined} value @param {string} unit */
export function quantity(value, unit) {
  if (value === null || value === undefined) return t('value.none')
  return withUnit(number(value, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2), unit)
}

/** @param {number | null | undefined} value @param {string | null} currency a code such as `EUR`, or any word */
export function money(value, currency) {
  if (value === null || value === undefined) return t('value.none')
  try { return new Intl.NumberFormat(language === 'en' ? 'en-GB' : language,
    { style: 'currency', currency: currency ?? '' }).format(value) } catch { return withUnit(number(value, 2), currency) }
}

/** @param {number | null | undefined} share 0 to 1 */
export function percent(share) {
  return share === null || share === undefined ? t('value.none') : `${Math.round(share * 100)}\u202f%`
}

/**
 * All rows as one.
 * @param {Row[]} rows
 * @returns {Row}
 */
export function total(rows) {
  const add = (/** @type {'values' | 'cost'} */ what) => {
    /** @type {Record<string, number>} */
    const sums = {}
    for (const row of rows) for (const [id,
      value] of Object.entries(row[what] ?? {})) if (typeof value === 'number') sums[id] = (sums[id] ?? 0) + value
    return sums
  }
  const sum = (/** @type {'used' | 'unaccounted'} */ what) => {
    const known = rows.map((row) => row[what]).filter((each) => typeof each === 'number')
    return known.length ? known.reduce((all, each) => Number(all) + Number(each), 0) ?? null : null
  }
  const weighted = rows.filter((row) => row.used && typeof row.self_sufficiency === 'number')
  const used = weighted.reduce((all, row) => all + Number(row.used), 0)
  return { since: rows[0]?.since, until: rows[rows.length - 1]?.until, values: add('values'), cost: add('cost'), used: sum('used'),
    unaccounted: sum('unaccounted'),
    self_sufficiency: used ? weighted.reduce((all, row) => all + Number(row.used) * Number(row.self_sufficiency), 0) / used : null }
}
