// A graph of some keys: several panels over one time axis, with a cursor, gestures and a live edge. For any view.

import { h, replace, setText } from '../base/dom.js'
import { date, zone } from '../base/format.js'
import { t } from '../base/words.js'
import { announce } from '../base/notice.js'
import { every } from '../base/events.js'
import { connection } from '../hub/connection.js'
import { changes, keys, listed } from '../keys/store.js'
import { keyForm } from '../keys/names.js'
import { loadStyle } from '../base/router.js'
import { loadWords } from '../base/words.js'
import { follow, isCounter, isState, load, loadOutages } from './data.js'
import { Panel, cut, drawTable, loadChart } from './panel.js'
import { gestures } from './gestures.js'
import { markRange, toolbar } from './toolbar.js'
import { later } from './ticks.js'

/**
 * @typedef {object} Options
 * @property {string[]} keys
 * @property {number | null} [since] seconds since 1970; below 0 so long before now, and then it follows
 * @property {number | null} [until] without it now
 * @property {'one' | 'stacked'} [layout]
 * @property {string | null} [compare] `day`, `week` or `year`: what was then as a pale line
 * @property {{ time: number, text?: string }[]} [marks] moments that are marked
 * @property {boolean} [tools] false: without the toolbar
 * @property {(graph: Graph) => void} [onchange] another range or another look was chosen; not when it only follows
 */

const now = () => Date.now() / 1000
/** How long the drawing of one frame may take, in milliseconds. */
const budget = 12

/**
 * Shows a graph in an element.
 * @param {HTMLElement} container
 * @param {Options} options
 * @param {AbortSignal} signal ends it
 * @returns {Promise<Graph>}
 */
export async function graph(container, options, signal) {
  const [chart] = await Promise.all([loadChart().then((Chart) => ({ Chart, failure: '' }),
    (error) => ({ Chart: null, failure: error.message })), loadStyle('graph/graph.css'), loadWords('keys')])
  return new Graph(container, options, signal, chart.Chart, chart.failure)
}

export class Graph {
  /** @type {Panel[]} */
  panels = []
  /** @type {number | null} */
  #cursor = null
  #frame = 0
  /** @type {number | undefined} */
  #told
  /** @type {number | undefined} */
  #retry
  #shownUntil = 0
  /** @type {Map<string, { controller: AbortController, level: number, since: number, until: number, ended?: number, failed?: boolean }>} */
  #loads = new Map()
  /** @type {IntersectionObserver} */
  #sight
  #keysSignal = new AbortController()

  /**
   * @param {HTMLElement} container
   * @param {Options} options
   * @param {AbortSignal} signal
   * @param {any} Chart null: there is none
   * @param {string} failure why
   */
  constructor(container, options, signal, Chart, failure) {
    this.options = options
    this.signal = signal
    this.Chart = Chart
    this.keys = options.keys
    this.layout = options.layout ?? 'one'
    const length = options.since && options.since < 0 ? -options.since : 86400
    const until = options.until ?? now()
    /** @type {import('./panel.js').View} */
    this.view = { since: options.since && options.since > 0 ? options.since : until - length, until, live: !options.until,
      compare: options.compare ?? undefined, marks: options.marks }
    this.tools = options.tools === false ? null : toolbar(this)
    this.moment = h('p', { class: 'graph-moment number' })
    this.place = h('div', { class: 'graph-panels', tabindex: '0', role: 'application', 'aria-roledescription': t('graph.graph'),
      'aria-label': t('graph.help'), onkeydown: (/** @type {KeyboardEvent} */ event) => this.#press(event) })
    this.below = h('div', { class: 'heats' })
    this.hint = h('p', { class: 'graph-hint quiet small' })
    this.table = h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': t('graph.table') })
    this.tableFrame = h('details', { class: 'graph-table', open: !Chart, ontoggle: () => this.#tabulate() }, h('summary', null,
      t('graph.table')), this.table)
    this.element = h('div', { class: 'graph' }, this.tools, failure && h('p', { class: 'empty' }, failure), Chart && this.moment, this.place,
      this.hint, options.tools !== false && this.tableFrame, this.below)
    container.append(this.element)
    this.#sight = new IntersectionObserver((entries) => {
      for (const entry of entries) { const panel = this.panels.find((each) => each.element === entry.target); if (panel) panel.isSeen = entry.isIntersecting }
      this.#wake()
    }, { rootMargin: '100px' })
    this.#listen()
    this.setKeys(options.keys)
  }

  #listen() {
    const { signal } = this
    gestures(this.place, {
      area: () => this.panels[0]?.area ?? { left: 0, right: 1 }, view: () => this.view, set: (since, until) => this.set(since, until),
      point: (time) => this.point(time), select: (from, to) => this.#select(from, to),
    }, signal)
    const size = new ResizeObserver(() => this.redraw())
    size.observe(this.place)
    const recolour = () => { for (const panel of this.panels) panel.recolour(); this.#wake() }
    const look = new MutationObserver(recolour)
    look.observe(document.documentElement, { attributeFilter: ['data-look'] })
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', recolour, { signal })
    connection.changed.listen((state) => { if (state === 'open') { this.#again(); this.#loadOutages() } }, signal)
    // A key may come, or tell of its kind, while somebody looks.
    const kinds = () => this.keys.map((key) => keys.get(key)?.type).join()
    let before = kinds()
    listed.listen(() => { if (before !== (before = kinds())) { this.setKeys(this.keys); this.#again() } }, signal)
    let isNew = false
    changes.listen((change) => { if (this.keys.includes(change.key)) isNew = true }, signal)
    every(1000, () => {
      if (this.view.live ? !this.#follow(isNew) : !isNew) return
      isNew = false
      this.#read()
    }, signal)
    this.#loadOutages()
    signal.addEventListener('abort', () => {
      size.disconnect()
      look.disconnect()
      this.#sight.disconnect()
      this.#keysSignal.abort()
      cancelAnimationFrame(this.#frame)
      clearTimeout(this.#told)
      clearTimeout(this.#retry)
      for (const { controller } of this.#loads.values()) controller.abort()
      for (const panel of this.panels) panel.end()
    }, { once: true })
  }

  async #loadOutages() {
    this.view.outages = await loadOutages()
    this.redraw()
  }

  /**
   * Moves on with the time, as soon as that is a pixel or there is something new.
   * @param {boolean} isNew
   */
  #follow(isNew) {
    const length = this.view.until - this.view.since
    const pixel = length / Math.max(1, this.panels[0]?.width ?? 1)
    if (!isNew && now() - this.view.until < pixel) return false
    this.view.until = now()
    this.view.since = this.view.until - length
    this.redraw()
    return true
  }

  /** @param {string[]} names */
  setKeys(names) {
    this.keys = names
    this.#keysSignal.abort()
    this.#keysSignal = new AbortController()
    for (const key of names) follow(key, this.#keysSignal.signal)
    this.#build()
  }

  /** @param {'one' | 'stacked'} layout */
  setLayout(layout) { this.layout = layout; this.#build(); this.#tell() }

  /** @param {string | undefined} compare */
  setCompare(compare) { this.view.compare = compare; this.redraw(); this.#tell() }

  #build() {
    for (const panel of this.panels) { this.#sight.unobserve(panel.element); panel.end() }
    const states = this.keys.filter(isState)
    const numbers = this.keys.filter((key) => !isState(key))
    const groups = [...this.layout === 'one' ? numbers.length ? [numbers] : [] : numbers.map((key) => [key]), ...states.map((key) => [key])]
    const units = new Set(this.layout === 'one' ? numbers.map((key) => `${keyForm(key).unit} ${isCounter(key)}`) : [])
    let first = 0
    this.panels = groups.map((names) => {
      const panel = new Panel(names, first, Math.max(0, units.size - 1), this.Chart)
      first += names.length
      return panel
    })
    this.place.classList.toggle('is-stacked', this.panels.filter((each) => !each.isState).length > 1)
    replace(this.place, this.panels.map((each) => each.element))
    for (const panel of this.panels) this.#sight.observe(panel.element)
    this.redraw()
  }

  /**
   * Shows another range. What ends now goes on to do so.
   * @param {number} since
   * @param {number} until
   * @param {boolean} [live]
   */
  set(since, until, live) {
    const length = Math.max(10, Math.min(100 * 31557600, until - since))
    const time = now()
    // Forecasts lie in the future, but not far.
    let end = Math.min(until, time + Math.max(length / 2, 7 * 86400))
    const isLive = live ?? Math.abs(end - time) < length / 100
    if (isLive) end = time
    if (!Number.isFinite(end - length)) return
    Object.assign(this.view, { since: end - length, until: end, live: isLive })
    this.redraw()
    this.#tell()
  }

  /**
   * By calendar days, weeks … of the hub's zone, or by whole ranges.
   * @param {number} direction
   */
  step(direction) {
    const { since, until } = this.view
    const length = until - since
    const unit = /** @type {const} */ (['year', 'month', 'week', 'day']).find((each) => Math.abs(later(since, { unit: each, count: 1 }, 1,
      zone) - until) < 2)
    if (!unit) return this.set(since + direction * length, until + direction * length)
    this.set(later(since, { unit, count: 1 }, direction, zone), later(until, { unit, count: 1 }, direction, zone), false)
  }

  #tell() {
    clearTimeout(this.#told)
    this.#told = setTimeout(() => this.options.onchange?.(this), 250)
  }

  redraw() {
    for (const panel of this.panels) panel.isDirty = true
    this.#wake()
  }

  #wake() { this.#frame ||= requestAnimationFrame(() => this.#draw()) }

  /** Those in sight, as many as a frame has time for; the others when their turn comes. */
  #draw() {
    this.#frame = 0
    const beginning = performance.now()
    for (const panel of this.panels) {
      if (!panel.isDirty || (!panel.isSeen && this.Chart)) continue
      if (performance.now() - beginning > budget) return this.#wake()
      for (const each of panel.draw(this.view)) this.#want(each)
    }
    this.#read()
    if (this.tableFrame.open) this.#tabulate()
  }

  #tabulate() { if (this.tableFrame.open) drawTable(this.table, this.panels, this.view) }

  /** @param {{ key: string, level: number, since: number, until: number, width: number }} wish */
  #want(wish) {
    const name = `${wish.key} ${wish.level === 0} ${wish.until < this.view.until - 1}`
    const running = this.#loads.get(name)
    const half = (wish.until - wish.since) / 4
    if (running && running.level === wish.level && Math.abs(running.since - wish.since) < half && Math.abs(running.until - wish.until) < half) {
      // What has just come is not asked for again at once, whatever was in it.
      if (running.ended && performance.now() - running.ended > 900) this.#loads.delete(name)
      else { if (running.ended) this.#later(1000); return }
    }
    running?.controller.abort()
    const controller = new AbortController()
    this.#loads.set(name, { ...wish, controller })
    // While somebody zooms, only what he comes to a rest at.
    const timer = setTimeout(async () => {
      try {
        await load(wish.key, wish.level, wish.since, wish.until, wish.width, controller.signal)
        this.#done(name, controller, wish.key)
      } catch (error) {
        if (error.name === 'AbortError') return
        const panel = this.panels.find((each) => each.series.some(({ key }) => key === wish.key))
        if (panel) setText(panel.note, error.message)
        // Asked again after a while, or when the hub is back.
        const load = this.#loads.get(name)
        if (load?.controller === controller) load.failed = true
        if (['unreachable', 'busy', 'store_failed'].includes(error.code)) this.#later(10_000)
      }
    }, running && !running.ended ? 80 : 0)
    controller.signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  }

  /** @param {number} milliseconds */
  #later(milliseconds) {
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#again(), milliseconds)
  }

  #again() {
    if (this.signal.aborted) return
    for (const [name, { failed }] of this.#loads) if (failed) this.#loads.delete(name)
    this.redraw()
  }

  /** @param {string} name @param {AbortController} controller @param {string} key */
  #done(name, controller, key) {
    const load = this.#loads.get(name)
    if (load?.controller === controller) load.ended = performance.now()
    for (const panel of this.panels) if (panel.series.some((each) => each.key === key)) panel.isDirty = true
    this.#wake()
  }

  /** @param {number | null} time where the cursor is */
  point(time) {
    this.#cursor = time
    this.#read()
  }

  #read() {
    const { since, until } = this.view
    const time = this.#cursor !== null && this.#cursor >= since && this.#cursor <= until ? this.#cursor : null
    const pixel = (until - since) / (this.panels[0]?.width || 1)
    const mark = time === null ? null : this.view.marks?.find((each) => Math.abs(each.time - time) < 6 * pixel)
    setText(this.moment, time === null ? `${momentText(since)} – ${this.view.live ? t('graph.now') : momentText(until)}` : `${momentText(time, until - since)}${mark?.text ? ` · ${mark.text}` : ''}`)
    if (this.tools) markRange(this.tools, this.view)
    setText(this.hint, this.view.outages?.some((each) => each.start < until && (each.end ?? until) > since) ? t('graph.outage') : '')
    return this.panels.flatMap((panel) => panel.read(time))
  }

  /** @param {number | null} from @param {number} to */
  #select(from, to) {
    for (const { selection } of this.panels) {
      selection.hidden = from === null
      selection.style.left = `${from}px`
      selection.style.width = `${to - (from ?? 0)}px`
    }
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.target !== this.place || event.ctrlKey || event.altKey || event.metaKey) return
    const { since, until } = this.view
    const length = until - since
    const rows = cut(this.panels.flatMap((each) => each.series).sort((a, b) => b.rows.length - a.rows.length)[0]?.rows ?? [], since,
      until).filter((row) => row.x >= since && row.x <= until)
    let index = this.#cursor === null ? rows.length : rows.findIndex((row) => row.x >= /** @type {number} */ (this.#cursor))
    if (index < 0) index = rows.length
    const by = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -1e9, End: 1e9 })[event.key]
    if (event.shiftKey && Math.abs(by) === 1) this.set(since + by * length / 4, until + by * length / 4)
    else if (event.key === '+' || event.key === '-') { const grow = event.key === '+' ? -length / 4 : length / 2; this.set(since - grow,
      this.view.live ? until : until + grow, this.view.live || undefined) }
    else if (event.key === 'Escape') this.point(null)
    else if (by && rows.length) {
      this.#cursor = rows[Math.max(0, Math.min(rows.length - 1, index + by))].x
      const texts = this.#read()
      announce(`${momentText(this.#cursor, length)}. ${texts.join('. ')}`)
    } else return
    event.preventDefault()
  }
}

/**
 * @param {number} time
 * @param {number} [length] of the range: seconds are written only in a short one
 */
export function momentText(time, length = 86400) {
  return date(time, { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit',
    second: length < 3600 ? '2-digit' : undefined })
}

