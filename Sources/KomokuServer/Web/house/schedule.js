// A week as a grid of hours, painted with a finger or the keyboard, and finer times as text.

import { change, h, replace } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { capital, date } from '../base/format.js'
import { t } from '../base/words.js'
import { wordFor } from '../keys/names.js'

/**
 * @typedef {{ from: string, to: string, value: any }} Span
 * @typedef {Record<string, Span[]>} Days
 */

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
/** @param {string} text `06:30` */
const minutesOf = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5))
/** @param {number} minutes */
const clock = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
/**
 * 5 January 1970 was a Monday.
 * @param {number} day
 * @param {'short' | 'long'} length
 */
function dayName(day, length) { return date((4 + day) * 86400 + 43200, { weekday: length, timeZone: 'UTC' }) }

/**
 * Spans of a day with another one painted over them; equal neighbours become one.
 * @param {Span[]} spans
 * @param {number} from in minutes
 * @param {number} to
 * @param {any} value undefined: nothing
 * @returns {Span[]}
 */
export function painted(spans, from, to, value) {
  /** @type {[number, number, any][]} */
  const parts = []
  for (const span of spans) {
    const [begin, end] = [minutesOf(span.from), minutesOf(span.to)]
    if (begin < from) parts.push([begin, Math.min(end, from), span.value])
    if (end > to) parts.push([Math.max(begin, to), end, span.value])
  }
  if (value !== undefined) parts.push([from, to, value])
  parts.sort((a, b) => a[0] - b[0])
  /** @type {[number, number, any][]} */
  const joined = []
  for (const part of parts) {
    const last = joined[joined.length - 1]
    if (last && last[1] === part[0] && last[2] === part[2]) last[1] = part[1]
    else joined.push(part)
  }
  return joined.map(([begin, end, each]) => ({ from: clock(begin), to: clock(end), value: each }))
}

/** @param {Days} week @param {any} otherwise @returns {any[]} the values that a brush has */
function valuesOf(week, otherwise) {
  const used = [...new Set(days.flatMap((day) => week[day].map((each) => each.value)))].filter((each) => each !== otherwise)
  return used.length ? used : [otherwise === true ? false : typeof otherwise === 'number' ? otherwise + 1 : true]
}

/** @param {any} value */
const said = (value) => typeof value === 'boolean' ? t(`value.${value}`) : typeof value === 'number' ? String(value) : capital(wordFor(String(value ?? '–')))
/** @param {string} text */
const parsed = (text) => /^(true|on|an)$/i.test(text) ? true : /^(false|off|aus)$/i.test(text) ? false : text.trim() !== '' && Number.isFinite(Number(text.replace(',', '.'))) ? Number(text.replace(',', '.')) : text

/** @param {Record<string, any>} helper @returns {{ name: string, element: HTMLElement, read: () => any }} */
export function scheduleField(helper) {
  /** @type {Days} */
  const week = Object.fromEntries(days.map((day) => [day, structuredClone(helper.days?.[day] ?? [])]))
  let otherwise = helper.otherwise ?? false
  let [brush] = valuesOf(week, otherwise)
  const rest = h('input', { value: String(said(otherwise)), size: 8, onchange: () => { otherwise = parsed(rest.value); draw() } })
  const paint = h('input', { value: String(said(brush)), size: 8, onchange: () => { brush = parsed(paint.value) } })
  const lines = h('div', { class: 'week', role: 'grid', 'aria-label': t('week.label') })
  const fine = h('div', { class: 'stack' })
  let chosen = 0
  const set = (/** @type {number} */ day, /** @type {number} */ hour, /** @type {any} */ value) => {
    week[days[day]] = painted(week[days[day]], hour * 60, hour * 60 + 60, value)
    grid(otherwise)
  }
  // The times below are written when a stroke is over: what is painted on stays where it is.
  const grid = weekGrid(lines, (day, hour) => spanAt(week[days[day]], hour), set, () => brush, (day) => { chosen = day; drawDay(fine, week, chosen, () => brush, draw) })
  const draw = () => { grid(otherwise); drawDay(fine, week, chosen, () => brush, draw) }
  draw()
  return {
    name: 'schedule', element: h('fieldset', { class: 'schedule stack' }, h('legend', null, t('week.label')), h('div', { class: 'row' }, h('label', null, t('week.brush'), paint), h('label', null, t('week.otherwise'), rest)),
      h('p', { class: 'quiet small' }, t('week.hint')), lines, fine), read: () => ({ days: week, otherwise }),
  }
}

/** @param {Span[]} spans @param {number} hour */
const spanAt = (spans, hour) => spans.find((each) => minutesOf(each.from) < hour * 60 + 60 && minutesOf(each.to) > hour * 60)

/**
 * @param {HTMLElement} lines
 * @param {(day: number, hour: number) => Span | undefined} at
 * @param {(day: number, hour: number, value: any) => void} set
 * @param {() => any} brush
 * @param {(day: number) => void} choose whose times are shown, as they are now
 */
function weekGrid(lines, at, set, brush, choose) {
  const cells = days.map((_, day) => Array.from({ length: 24 }, (_, hour) => h('div', { class: 'hour', role: 'gridcell', tabindex: day || hour ? -1 : 0, 'data-day': day, 'data-hour': hour })))
  lines.append(...cells.map((row, day) => h('div', { role: 'row', class: 'week-day' }, h('span', { role: 'rowheader' }, dayName(day, 'short')), h('div', { class: 'hours', role: 'presentation' }, row))))
  const placeOf = (/** @type {any} */ target) => target?.dataset?.hour === undefined ? null : [Number(target.dataset.day), Number(target.dataset.hour)]
  /** @type {{ place: number[], x: number, y: number, value?: any, is: 'open' | 'paint' | 'scroll' } | null} */
  let stroke = null
  // A hand does not stay in a line: a stroke goes on in its day wherever the pointer is.
  const nearest = (/** @type {number} */ day, /** @type {number} */ x, /** @type {number} */ y) => {
    const away = cells[day].map((cell) => {
      const box = cell.getBoundingClientRect()
      return Math.hypot(x - (box.left + box.right) / 2, y - (box.top + box.bottom) / 2)
    })
    return away.indexOf(Math.min(...away))
  }
  const begin = () => {
    if (!stroke) return
    const [day, hour] = stroke.place
    stroke.is = 'paint'
    stroke.value = at(day, hour)?.value === brush() ? undefined : brush()
    set(day, hour, stroke.value)
  }
  lines.addEventListener('pointerdown', (event) => {
    const place = placeOf(event.target)
    if (!place) return
    stroke = { place, x: event.clientX, y: event.clientY, is: 'open' }
    if (event.pointerType !== 'mouse') return
    lines.setPointerCapture(event.pointerId)
    begin()
  })
  lines.addEventListener('pointermove', (event) => {
    if (stroke?.is === 'open' && Math.abs(event.clientX - stroke.x) > 8) begin()
    else if (stroke?.is === 'open' && Math.abs(event.clientY - stroke.y) > 8) stroke.is = 'scroll'
    if (stroke?.is !== 'paint') return
    const [day, last] = stroke.place
    const hour = nearest(day, event.clientX, event.clientY)
    // Who is quick leaves none out.
    for (let each = Math.min(last, hour); each <= Math.max(last, hour); each++) if (at(day, each)?.value !== stroke.value && isBeside(each, hour)) set(day, each, stroke.value)
    stroke.place = [day, hour]
  })
  // On a phone a day has two lines: from one to the other is no way along the hours.
  const isBeside = (/** @type {number} */ one, /** @type {number} */ other) => cells[0][one].offsetTop === cells[0][other].offsetTop
  const end = () => {
    if (stroke?.is === 'paint') choose(stroke.place[0])
    stroke = null
  }
  lines.addEventListener('pointerup', () => { if (stroke?.is === 'open') begin(); end() })
  lines.addEventListener('pointercancel', end)
  lines.addEventListener('pointerleave', end)
  lines.addEventListener('keydown', (event) => {
    const place = placeOf(event.target)
    if (!place) return
    const [day, hour] = place
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault()
      set(day, hour, at(day, hour)?.value === brush() ? undefined : brush())
      return choose(day)
    }
    const to = { ArrowLeft: [day, hour - 1], ArrowRight: [day, hour + 1], ArrowUp: [day - 1, hour], ArrowDown: [day + 1, hour], Home: [day, 0], End: [day, 23] }[event.key]
    const next = to && cells[to[0]]?.[to[1]]
    if (!next) return
    event.preventDefault()
    cells[day][hour].tabIndex = -1
    next.tabIndex = 0
    next.focus()
    choose(to[0])
  })
  return (/** @type {any} */ otherwise) => {
    for (const [day, row] of cells.entries()) for (const [hour, cell] of row.entries()) {
      const span = at(day, hour)
      cell.classList.toggle('is-set', !!span)
      const text = `${dayName(day, 'long')} ${clock(hour * 60)}: ${said(span ? span.value : otherwise)}`
      if (cell.title !== text) change(cell, { title: text, 'aria-label': text })
    }
  }
}

/** @param {HTMLElement} fine @param {Days} week @param {number} day @param {() => any} brush @param {() => void} draw */
function drawDay(fine, week, day, brush, draw) {
  const spans = week[days[day]]
  const edit = (/** @type {() => void} */ work) => () => { work(); week[days[day]] = week[days[day]].sort((a, b) => a.from.localeCompare(b.from)); draw() }
  const time = (/** @type {Span} */ span, /** @type {'from' | 'to'} */ end) => {
    const input = h('input', { type: 'time', value: span[end] === '24:00' ? '00:00' : span[end], 'aria-label': t(`week.${end}`), onchange: edit(() => { span[end] = end === 'to' && input.value === '00:00' ? '24:00' : input.value || span[end] }) })
    return input
  }
  replace(fine, h('h3', null, dayName(day, 'long')), spans.map((span, index) => {
    const value = h('input', { value: said(span.value), size: 8, 'aria-label': t('week.value'), onchange: edit(() => { span.value = parsed(value.value) }) })
    return h('div', { class: 'row' }, time(span, 'from'), '–', time(span, 'to'), value, h('button', { type: 'button', class: 'plain bare', 'aria-label': t('action.delete'), onclick: edit(() => spans.splice(index, 1)) }, icon('close')))
  }), h('div', { class: 'row' }, h('button', { type: 'button', class: 'plain', onclick: edit(() => { week[days[day]] = painted(spans, 480, 1200, brush()) }) }, icon('plus'), t('week.add')),
    h('button', { type: 'button', class: 'plain', onclick: edit(() => { for (const each of days) week[each] = structuredClone(spans) }) }, t('week.copy'))))
}
