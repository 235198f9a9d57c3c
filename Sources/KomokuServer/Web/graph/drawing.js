// How rows look on a canvas: bars, bands, states; and the colours of the page.

import { keys } from '../keys/store.js'
import { keyText } from '../keys/names.js'

/** @typedef {import('./data.js').Row} Row */

/** @param {string} name of a token */
export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
/** @param {number} index */
export const colour = (index) => token(`--series-${index % 8 + 1}`)

/** @param {number} value so far from zero that axes can still be made of it */
export const bounded = (value) => typeof value === 'number' ? Math.max(-1e300, Math.min(1e300, value)) : NaN

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Row[]} rows
 * @param {any} y
 * @param {(time: number) => number} x
 * @param {string} paint
 * @param {boolean} isBefore
 */
export function drawBars(ctx, rows, y, x, paint, isBefore) {
  ctx.strokeStyle = ctx.fillStyle = paint
  const zero = y.getPixelForValue(0)
  for (const { since = 0, until = 0, y: value } of rows) {
    if (value !== value) continue
    const [left, top] = [x(since) + 1, y.getPixelForValue(bounded(value))]
    const size = /** @type {const} */ ([left, top, Math.max(1, x(until) - left - 1), zero - top])
    ctx.globalAlpha = isBefore ? 0.6 : 0.5
    if (isBefore) ctx.strokeRect(...size)
    else { ctx.fillRect(...size); ctx.globalAlpha = 1; ctx.fillRect(left, top - 1, size[2], 2) }
  }
  ctx.globalAlpha = 1
}

/** @param {CanvasRenderingContext2D} ctx @param {Row[]} rows @param {any} y @param {any} x @param {string} paint */
export function drawBand(ctx, rows, y, x, paint) {
  ctx.fillStyle = `${paint}33`
  for (let first = 0; first < rows.length; first++) {
    let end = first
    while (end < rows.length && rows[end].low === rows[end].low && rows[end].low !== undefined) end++
    if (end - first > 1) {
      ctx.beginPath()
      for (let index = first; index < end; index++) ctx.lineTo(x.getPixelForValue(rows[index].x),
        y.getPixelForValue(bounded(/** @type {number} */ (rows[index].high))))
      for (let index = end; index-- > first;) ctx.lineTo(x.getPixelForValue(rows[index].x),
        y.getPixelForValue(bounded(/** @type {number} */ (rows[index].low))))
      ctx.fill()
    }
    first = end
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {string} paint */
export function hatch(ctx, paint) {
  const tile = document.createElement('canvas')
  tile.width = tile.height = 6
  const brush = /** @type {CanvasRenderingContext2D} */ (tile.getContext('2d'))
  brush.strokeStyle = `${paint}99`
  brush.stroke(new Path2D('M-1 1l2-2M0 6l6-6M5 7l2-2'))
  return ctx.createPattern(tile, 'repeat') ?? paint
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {{ key: string, index: number }} series
 * @param {Row[]} rows
 * @param {{ top: number, bottom: number }} area
 * @param {(time: number) => number} x
 * @param {number} until
 */
export function drawStates(ctx, series, rows, area, x, until) {
  const [height, isText, isEvent] = [area.bottom - area.top, keys.get(series.key)?.type === 'string', !!keys.get(series.key)?.opts.event]
  ctx.font = `12px ${getComputedStyle(document.body).fontFamily}`
  ctx.textBaseline = 'middle'
  const [ink, base] = [token('--ink'), colour(series.index)]
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]
    if (row.y !== row.y) continue
    let end = row.until ?? rows[index + 1]?.x ?? Math.min(until, Date.now() / 1000)
    const from = row.since ?? row.x
    // Equal ones are one, so that their text has room.
    while (!isEvent && rows[index + 1]?.y === row.y && rows[index + 1].mixed === row.mixed) { index++; end = rows[index].until ?? rows[index + 1]?.x ?? Math.min(until, Date.now() / 1000) }
    // What only happens does not last.
    const [left, width] = [x(from), isEvent && row.since === undefined ? 3 : Math.max(1, x(end) - x(from) - 1)]
    const share = isText ? 1 : Number(row.y)
    const place = isText ? textIndex(series.key, row.y) : series.index
    ctx.fillStyle = `${isText ? colour(place) : base}66`
    ctx.fillRect(left, area.bottom - height * share, width, height * share)
    ctx.fillStyle = isText ? colour(place) : base
    ctx.fillRect(left, area.bottom - 2, width, 2)
    if (isText && place % 2) { ctx.fillStyle = hatch(ctx, token('--card')); ctx.fillRect(left, area.top, width, height) }
    const text = share === 0 || share === 1 ? keyText(series.key, isText ? row.y : share === 1) : ''
    if (width > (share ? 24 : 90) && text && ctx.measureText(text).width < width - 8) { ctx.fillStyle = ink; ctx.fillText(text, left + 4,
      area.top + height / 2) }
  }
}

/** @type {Map<string, number>} */
const textPlaces = new Map()
/**
 * The same text has the same colour as long as the page is open.
 * @param {string} key
 * @param {string} text
 */
function textIndex(key, text) {
  const given = keys.get(key)?.opts.values?.indexOf(text) ?? -1
  if (given >= 0) return given
  if (!textPlaces.has(text) && textPlaces.size < 500) textPlaces.set(text, textPlaces.size)
  return textPlaces.get(text) ?? 0
}
