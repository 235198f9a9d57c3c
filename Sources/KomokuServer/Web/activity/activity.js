// What happened, newest first. What one reads stays where it is: what is new waits behind a button, and pages out of sight are put away.

import { h, replace, setText } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { keepInAddress } from '../base/router.js'
import { t } from '../base/words.js'
import { capital, date, fullMoment } from '../base/format.js'
import { ask } from '../hub/connection.js'
import { devices } from '../devices/store.js'
import { deviceName } from '../keys/names.js'
import { loadRun } from '../rules/following.js'
import { fold, occasionWords, recordChain, recordWords, unlinked, walk } from '../rules/sentences.js'
import { causeWords, followEvents, kinds, loadEvents, whyKey } from './source.js'

/** @typedef {import('./source.js').Event} Event */

/** What waits behind the button, at most. */
const mostNew = 500

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export async function show(main, place) {
  place.title(t('activity.title'))
  const filters = await Filters.load(place.query)
  if (place.signal.aborted) return
  const feed = new Feed(filters, place.signal)
  main.append(h('h1', null, t('activity.title')), filters.element, feed.fresh, feed.list, feed.end)
  filters.onchange = () => { keepInAddress(filters.values()); feed.begin() }
  await feed.begin()
}

/** What is shown: kind, device, rule, room, words. */
class Filters {
  /** @param {URLSearchParams} query */
  static async load(query) {
    const [rules, rooms] = await Promise.all([ask('rules', {}).then((answer) => answer.rules, () => []), ask('rooms').then((answer) => answer.rooms, () => [])])
    return new Filters(query, rules, rooms)
  }

  /** @param {URLSearchParams} query @param {any[]} rules @param {any[]} rooms */
  constructor(query, rules, rooms) {
    this.rooms = rooms
    this.onchange = () => {}
    /** @type {number | undefined} */
    let timer
    const changed = () => { clearTimeout(timer); timer = setTimeout(() => this.onchange(), 250) }
    /** @param {string} name @param {[string, string][]} choices */
    const select = (name, choices) => h('select', { name, 'aria-label': t(`activity.${name}`), hidden: !choices.length, onchange: changed },
      h('option', { value: '' }, t(`activity.${name}.all`)), choices.map(([value, text]) => h('option', { value, selected: value === query.get(name) }, text)))
    this.fields = [h('input', { type: 'search', name: 'text', 'aria-label': t('activity.text'), placeholder: t('activity.text'), value: query.get('text') ?? '', oninput: changed }),
      select('kind', kinds.map((each) => [each, t(`kind.${each}`)])), select('room', rooms.map((each) => [each.room, each.name ?? each.room])),
      select('device', [...devices.values()].map((each) => /** @type {[string, string]} */ ([each.device, deviceName(each)])).sort((one, other) => one[1].localeCompare(other[1]))), select('rule', rules.map((each) => [each.rule, each.rule]))]
    this.element = h('div', { class: 'row tools', role: 'search' }, this.fields)
  }

  /** @returns {Record<string, string | null>} */
  values() { return Object.fromEntries(this.fields.map((each) => [each.name, each.value.trim() || null])) }

  /** @param {Event} event */
  fits(event) {
    const { text, kind, device, rule, room } = this.values()
    const own = keysOf(event)
    /** @param {string} id */
    const isOf = (id) => event.device === id || own.some((key) => devices.get(id)?.properties.some((each) => each.key === key))
    const place = room && this.rooms.find((each) => each.room === room)
    return (!text || event.text.includes(text.toLowerCase())) && (!kind || event.kind === kind || (kind === 'failure' && event.isFailed)) && (!rule || event.rule === rule || !!event.rule?.startsWith(`${rule}/`)) && (!device || isOf(device))
      && (!place || (place.devices ?? []).some(isOf) || own.some((key) => place.keys?.includes(key)))
  }
}

/** @param {Event} event @returns {string[]} */
const keysOf = (event) => [event.key, ...event.record?.keys ?? []].filter(Boolean)

class Feed {
  /** @param {Filters} filters @param {AbortSignal} signal */
  constructor(filters, signal) {
    this.filters = filters
    this.signal = signal
    /** @type {Event[]} */
    this.waiting = []
    this.list = h('div', { class: 'feed', onkeydown: walk })
    this.fresh = h('div', { class: 'fresh' }, h('button', { hidden: true, onclick: () => this.showNew() }))
    this.end = h('p', { class: 'quiet', role: 'status' })
    this.round = 0
    // Pages near the window are there, the others are as high and empty.
    this.sight = new IntersectionObserver((all) => { for (const each of all) this.#see(each) }, { rootMargin: '1500px' })
    this.bottom = new IntersectionObserver((all) => { if (all.some((each) => each.isIntersecting)) this.older() }, { rootMargin: '800px' })
    this.bottom.observe(this.end)
    signal.addEventListener('abort', () => { this.sight.disconnect(); this.bottom.disconnect() }, { once: true })
    followEvents((event) => this.#happened(event), signal)
  }

  /** @type {any} */
  before = null

  /** From the newest on, as the filters say. */
  async begin() {
    this.round++
    this.waiting = []
    this.#tellNew()
    this.before = null
    this.isAtEnd = false
    this.isLoading = false
    this.day = ''
    this.count = 0
    /** @type {WeakMap<Element, { events: Event[], day: string }>} */
    this.pages = new WeakMap()
    this.sight.disconnect()
    replace(this.list)
    await this.older()
  }

  /** The next page; filters that leave little out of one have the next looked at, too. */
  async older() {
    if (this.isLoading || this.isAtEnd || this.signal.aborted) return
    const { round } = this
    this.isLoading = true
    setText(this.end, t('activity.loading'))
    try {
      let added = 0
      for (let pages = 0; added < 10 && pages < 20 && !this.isAtEnd; pages++) {
        /** @type {{ events: Event[], before: any }} */
        const { events, before } = await loadEvents(this.before, this.filters.values())
        if (round !== this.round || this.signal.aborted) return
        this.before = before
        this.isAtEnd = before === null
        const fit = events.filter((each) => this.filters.fits(each))
        added += fit.length
        if (fit.length) this.#add(fit)
      }
      setText(this.end, this.isAtEnd ? t(this.count ? 'activity.end' : 'activity.none') : added < 10 ? t('activity.scroll') : '')
    } catch (error) { setText(this.end, error.message) }
    if (round !== this.round) return
    this.isLoading = false
    // What is in sight already does not come into sight.
    this.bottom.unobserve(this.end)
    if (!this.isAtEnd) this.bottom.observe(this.end)
  }

  /** @param {Event[]} events */
  #add(events) {
    const page = h('div', { class: 'page' })
    this.pages?.set(page, { events, day: this.day ?? '' })
    this.count = (this.count ?? 0) + events.length
    this.day = dayOf(events[events.length - 1])
    this.#fill(page)
    this.list.append(page)
    this.sight.observe(page)
  }

  /** @param {HTMLElement} page */
  #fill(page) {
    const { events, day } = this.pages?.get(page) ?? { events: [], day: '' }
    let last = day
    /** @type {any[]} */
    const parts = []
    for (const event of events) {
      const own = dayOf(event)
      if (own !== last) parts.push(h('h2', null, last = own), h('ol', { class: 'bare timeline' }))
      else if (!parts.length) parts.push(h('ol', { class: 'bare timeline' }))
      parts[parts.length - 1].append(eventItem(event))
    }
    replace(page, parts)
    page.style.height = ''
  }

  /** @param {IntersectionObserverEntry} entry */
  #see({ target, isIntersecting, boundingClientRect }) {
    const page = /** @type {HTMLElement} */ (target)
    if (isIntersecting) { if (!page.firstChild) this.#fill(page) }
    else if (page.firstChild && !page.contains(document.activeElement)) {
      page.style.height = `${boundingClientRect.height}px`
      replace(page)
    }
  }

  /** @param {Event | null} event */
  #happened(event) {
    // After a break nobody knows what was missed: the button loads anew.
    if (!event) { this.isMissed = this.count !== undefined; return this.#tellNew() }
    if (!this.filters.fits(event)) return
    this.waiting = [event, ...this.waiting.filter((each) => each.id !== event.id)].slice(0, mostNew)
    this.#tellNew()
  }

  #tellNew() {
    const button = /** @type {HTMLElement} */ (this.fresh.firstChild)
    const count = this.waiting.length
    button.hidden = !count && !this.isMissed
    setText(button, this.isMissed ? t('activity.missed') : t('activity.new', { count }))
  }

  showNew() {
    this.isMissed = false
    this.begin().then(() => this.list.querySelector('summary')?.focus())
    scrollTo(0, 0)
  }
}

/** @param {Event} event */
const dayOf = (event) => capital(date(event.time, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }))

/** @param {Event} event */
function eventItem(event) {
  const details = fold([h('time', { class: 'number when', title: fullMoment(event.time) }, date(event.time, { hour: '2-digit', minute: '2-digit' })), icon(event.icon, t(`kind.${event.kind}`)),
    unlinked([event.words(), event.record && h('small', { class: 'quiet' }, occasionWords(event.record))])], () => chain(event))
  return h('li', { class: `is-${event.isFailed ? 'failure' : event.kind}` }, details)
}

/**
 * The way to it.
 * @param {Event} event
 */
function chain(event) {
  if (event.record) return recordChain(event.record, loadRun)
  const { cause, key } = event
  const isCommand = event.kind === 'command'
  const first = h('li', null, t('chain.cause'), ' ', isCommand && !cause ? t('cause.command') : causeWords(cause))
  // Of what a run told a device the hub knows no time but that of the run.
  const time = isCommand && event.run ? t('activity.run_began', { time: fullMoment(event.time) }) : fullMoment(event.time)
  const place = h('ol', { class: 'chain' }, first, h('li', null, event.words(), ' ', h('small', { class: 'quiet' }, time)))
  // The run whose record this is, or which did this; else what the hub still knows of the way to what the key is now.
  const run = event.kind === 'run' || event.kind === 'decision' ? event.run : cause?.run ?? event.run
  const load = run ? loadRun(run).then((found) => found && [found]) : key && !cause && !isCommand ? whyKey(key).then((why) => { if (why.since === event.time) { replace(first, t('chain.cause'), ' ', causeWords(why.cause)); return why.chain } }) : Promise.resolve()
  load?.then((/** @type {any[] | undefined} */ chain) => { if (chain?.length) replace(place, ...(run === event.run && event.kind !== 'command' ? [recordChain(chain[0], loadRun)] : [...chain.map((each) => h('li', null, recordWords(each), recordChain(each, loadRun))), first, place.children[1]])) }, () => {})
  return place
}
