// What can be written next: keys with their types and values, devices, functions, triggers, actions, settings, values.

import { h, replace } from '../base/dom.js'
import { t } from '../base/words.js'
import { announce } from '../base/notice.js'
import { keys } from '../keys/store.js'
import { devices } from '../devices/store.js'
import { keyName, valueOf } from './sentences.js'

/** @typedef {{ text: string, kind: string, detail: string, value?: string }} Choice */

/** @param {string} text */
const list = (text) => text.split(' ')
const functions = list('min(a,b) max(a,b) clamp(a,least,greatest) round(a,decimals) floor(a) ceil(a) abs(a) format(a,decimals) sqrt(a) pow(a,b) lower(text) upper(text) trim(text) length(text) contains(text,part) starts_with(text,part) ends_with(text,part) replace(text,old,new) substring(text,start,count) split_part(text,separator,place) join(separator,a,b) number(value) bool(value) text(value) regex_search(text,pattern) regex_match(text,pattern) capture(text,pattern) json(text,path) avg(key,10m) sum(key,10m) delta(key,10m) rate(key,10m) count(key,10m) changed(key,10m) last(key) previous(key) age(key) since(key) at(key,1h) fraction(key,1d) duration(key,1d) any(pattern) all(pattern) count_true(pattern) names(pattern) known(key) stale(key) online(device) time_between(from,to) strftime(time,format) calendar(name) calendar_event(name) calendar_next(name) holiday() holiday_name() random() choice(a,b)')
const names = list('now hour minute weekday date month day sunrise sunset next_sunrise next_sunset previous_sunrise previous_sunset is_night elevation azimuth value previous key trigger trigger_id self and or not in if then else true false unknown')
const purposes = list('motion no_motion opened closed left_open locked unlocked turned_on turned_off pressed leak smoke gas vibration tamper arrived left battery_low unavailable came_back')
const triggers = list('change becomes at every cron calendar mqtt event stale recovered start emit webhook command')
const actions = list('put toggle increment publish http run notify log wait wait_until wait_for if choose repeat break continue parallel set call answer snapshot restore stop')
const settings = list('name when if then mode limit on_restart max_outage vars each enabled description')
const options = list('to from not_to not_from by for id retained days dates except only clock_change payload is timeout retry wait_for_report on_error else do while until count')
const keyPlaces = /\b(change|event|stale|recovered|toggle|increment|snapshot|put)\s*:\s*[[{]?\s*([^:[\]{}]*,\s*)?$/

/**
 * What fits at the end of this line; the best first, at most fifty.
 * @param {string} before the line up to the cursor
 * @param {string[]} above the lines above
 * @returns {{ start: number, choices: Choice[] }} `start`: where in the line the word begins
 */
export function choicesAt(before, above) {
  const word = /[\p{L}\p{N}_.*-]*$/u.exec(before)?.[0] ?? ''
  const start = before.length - word.length
  const rest = before.slice(0, start)
  const choices = fitting(rest, above)
  const wanted = word.toLowerCase()
  const ranked = choices.map((each) => ({ each, rank: rank(each, wanted) })).filter(({ rank }) => rank < 3)
  ranked.sort((one, other) => one.rank - other.rank)
  const found = ranked.slice(0, 50).map(({ each }) => each)
  return { start, choices: found.length === 1 && found[0].text === word ? [] : found }
}

/** @param {Choice} choice @param {string} wanted */
function rank(choice, wanted) {
  const text = choice.text.toLowerCase()
  if (text.startsWith(wanted)) return 0
  if (text.split(/[._]/).some((part) => part.startsWith(wanted))) return 1
  return wanted.length > 1 && (text.includes(wanted) || choice.detail.toLowerCase().includes(wanted)) ? 2 : 3
}

/** @param {string} rest @param {string[]} above @returns {Choice[]} */
function fitting(rest, above) {
  const ofKey = /([\p{L}\p{N}_.-]+)`?\s*(?::|,\s*(?:to|from|is|not_to|not_from):|(?:=|!=|in)\s*\[?)\s*['"]?$/u.exec(rest)?.[1]
  if (ofKey && keys.has(ofKey)) return [...valuesOf(ofKey), ...(/=\s*$/.test(rest) ? [...keyChoices(), ...functionChoices()] : [])]
  const isQuoted = (rest.match(/"/g)?.length ?? 0) % 2 === 1
  if (isQuoted || /\b(if|while|until|becomes|is|wait_until|expr|answer)\s*:\s*[^"'{[]*$/.test(rest)) return [...keyChoices(), ...functionChoices()]
  if (keyPlaces.test(rest) || /\bput\s*:\s*\{[^}]*,\s*$/.test(rest)) return keyChoices(/\b(put|toggle)\b/.test(rest))
  if (/\b(\w+)\s*:\s*[[{]?\s*$/.test(rest) && purposes.includes(/(\w+)\s*:\s*\S*\s*$/.exec(rest)?.[1] ?? '')) return [...deviceChoices(), ...keyChoices()]
  if (/online\(\s*['"]$/.test(rest)) return deviceChoices()
  if (/:\s*\S*$/.test(rest) && !/[-{]\s*$/.test(rest)) return [...keyChoices(), ...functionChoices()]
  return begun(rest, above)
}

/**
 * What begins a mapping: triggers under `when`, actions under `then`, else the settings of a rule.
 * @param {string} rest @param {string[]} above @returns {Choice[]}
 */
function begun(rest, above) {
  const inLine = /\b(when|wait_for|then|else|do)\s*:\s*[[{\s-]*$/.exec(rest)?.[1]
  let depth = rest.search(/\S|$/)
  let parent = inLine
  const isKey = !/-\s/.test(rest) && !/[{,]\s*$/.test(rest)
  for (let index = above.length - 1; index >= 0 && !parent; index--) {
    const own = above[index].search(/\S/)
    if (own < 0 || own > depth || (own === depth && !/^\s*-?\s*(when|then|else|do)\s*:/.test(above[index]))) continue
    parent = /^[\s-]*(when|then|else|do|wait_for|rules|scripts|put)\s*:/.exec(above[index])?.[1]
    if (own < depth) depth = own
  }
  const all = parent === 'put' ? keyChoices(true)
    : parent === 'when' || parent === 'wait_for' ? [...plain(triggers, 'trigger', ': '), ...plain(purposes, 'trigger', ': ')]
    : parent === 'then' || parent === 'else' || parent === 'do' ? plain(actions, 'action', ': ') : []
  return /,\s*$/.test(rest) ? plain(options, 'option', ': ') : [...(isKey && parent !== 'put' ? plain(settings, 'setting', ': ') : []), ...all, ...(all.length ? plain(options, 'option', ': ') : plain(actions, 'action', ': '))]
}

/** @param {string[]} all @param {string} kind @param {string} [end] @returns {Choice[]} */
const plain = (all, kind, end = '') => all.map((text) => ({ text: text + end, kind, detail: t(`choice.${kind}`) }))
const functionChoices = () => [...functions.map((each) => ({ text: `${each.split('(')[0]}(`, kind: 'function', detail: each.replaceAll(',', ', ') })), ...plain(names, 'name')]
const deviceChoices = () => [...devices.values()].map((each) => ({ text: each.name, kind: 'device', detail: each.model ?? '' }))
/**
 * Keys by name; where one is put, those that can be put first.
 * @param {boolean} [isPut]
 * @returns {Choice[]}
 */
const keyChoices = (isPut) => [...keys.values()].sort((one, other) => (isPut ? Number(other.writable) - Number(one.writable) : 0) || (one.name < other.name ? -1 : 1)).map((key) => ({ text: key.name, kind: 'key', detail: `${keyName(key.name)} · ${t(`type.${key.type}`)}${key.opts.unit ? ` · ${key.opts.unit}` : ''}` }))

/** @param {string} name @returns {Choice[]} */
function valuesOf(name) {
  const key = keys.get(name)
  const values = key?.opts.values ?? (key?.type === 'boolean' || key?.type === 'uptime' ? [true, false] : [])
  return values.map((/** @type {any} */ each) => ({ text: String(each), kind: 'value', detail: valueOf(name, each) }))
}

/** The list of choices under the cursor of an area. */
export class Completion {
  /** @param {import('./area.js').Area} area */
  constructor(area) {
    this.area = area
    /** @type {Choice[]} */
    this.choices = []
    this.chosen = 0
    this.start = 0
    this.list = h('ul', { class: 'choices bare', role: 'listbox', id: 'choices', tabindex: 0, 'aria-label': t('choice.label'), hidden: true, onmousedown: (/** @type {Event} */ event) => event.preventDefault() })
    area.element.append(this.list)
    const { input } = area
    input.setAttribute('aria-autocomplete', 'list')
    input.setAttribute('aria-controls', 'choices')
    // Before the area's own keys: Tab and Enter choose while the list is there.
    input.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => this.#key(event), true)
    input.addEventListener('input', (/** @type {InputEvent} */ event) => { if (!event.isComposing && /^insertText|^delete/.test(event.inputType) && !this.isWriting) this.open(false); else this.close() })
    for (const name of ['blur', 'scroll', 'click']) input.addEventListener(name, () => this.close())
  }

  /** @param {boolean} isAsked by a key, also without a word */
  open(isAsked) {
    const { input } = this.area
    const lines = input.value.slice(0, input.selectionStart).split('\n')
    const before = lines.pop() ?? ''
    if (!isAsked && !/[\p{L}\p{N}_.]$/u.test(before) || /(^|\s)#/.test(before)) return this.close()
    const { start, choices } = choicesAt(before, lines.slice(-300))
    this.start = input.selectionStart - before.length + start
    this.choices = choices
    if (!choices.length || (!isAsked && choices[0].text === before.slice(start))) return this.close()
    this.#show()
  }

  #show() {
    replace(this.list, this.choices.map((each, index) => h('li', { role: 'option', id: `choice-${index}`, 'aria-selected': 'false', onclick: () => this.take(index) },
      h('b', null, h('bdi', null, each.text)), h('small', null, h('bdi', null, each.detail), each.kind === 'key' && h('span', { class: 'number' }, ` = ${valueOf(each.text, keys.get(each.text)?.value)}`)))))
    const { left, top } = this.area.cursor()
    const paper = this.area.input.parentElement
    const isNew = this.list.hidden
    this.list.hidden = false
    this.list.style.left = `${Math.max(0, Math.min(left + paper.offsetLeft, this.area.element.clientWidth - this.list.offsetWidth))}px`
    this.list.style.top = `${top + 12}px`
    this.choose(0)
    if (isNew) announce(t('choice.count', { count: this.choices.length }))
  }

  /** @param {number} index */
  choose(index) {
    this.list.children[this.chosen]?.setAttribute('aria-selected', 'false')
    this.chosen = (index + this.choices.length) % this.choices.length
    const element = this.list.children[this.chosen]
    element.setAttribute('aria-selected', 'true')
    element.scrollIntoView?.({ block: 'nearest' })
    this.area.input.setAttribute('aria-activedescendant', element.id)
  }

  close() {
    this.list.hidden = true
    this.area.input.removeAttribute('aria-activedescendant')
  }

  /** @param {number} index */
  take(index) {
    const { input } = this.area
    input.setSelectionRange(this.start, input.selectionEnd)
    this.isWriting = true
    this.area.write(this.choices[index].text)
    this.isWriting = false
    this.close()
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return
    if (event.key === ' ' && event.ctrlKey) { event.preventDefault(); return this.open(true) }
    if (this.list.hidden) return
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key]
    if (step) this.choose(this.chosen + step)
    else if (event.key === 'Enter' || event.key === 'Tab') this.take(this.chosen)
    else if (event.key === 'Escape') this.close()
    else { if (/^(Arrow|Home|End)/.test(event.key)) this.close(); return }
    event.preventDefault()
    event.stopImmediatePropagation()
  }
}
