// Search over everything: what is typed is looked for in the names of rooms, devices, values, rules and views, and in what can be done.

import { change, h, replace } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { announce, notify, notifyError } from '../base/notice.js'
import { go, loadStyle } from '../base/router.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { mayWrite } from '../hub/api.js'
import { request } from '../keys/asking.js'
import { keys } from '../keys/store.js'
import { byKey, devices } from '../devices/store.js'
import { kindOf, readingText } from '../devices/control.js'
import { deviceIcon, deviceName, keyName, propertyIcon } from '../keys/names.js'
import { apart } from './card.js'
import { keyAsProperty } from './device-card.js'
import { loadRooms } from './rooms.js'
import { loadViews } from './views.js'

/**
 * @typedef {object} Item
 * @property {string} name
 * @property {'action' | 'room' | 'device' | 'view' | 'rule' | 'key'} kind
 * @property {string} icon
 * @property {() => any} choose
 * @property {string} [of] which one: a device's id, a key, a room, a rule
 * @property {string} [key] whose value is shown beside it
 * @property {string} [more] what else it is found by
 * @property {string} [folded] the words as they are compared
 */

/** What is meant first if several are as good. */
const ranks = { action: 3, room: 6, device: 5, view: 4, rule: 4, key: 0 }
const most = 14

/**
 * In small letters without accents.
 * @param {string} text
 */
const fold = (text) => text.toLowerCase().normalize('NFD').replace(/[\u0300-\u036f\u2068\u2069]/g, '')

/** @returns {Item[]} what the page knows without asking */
function ownItems() {
  /** @type {Item[]} */
  const items = ['house', 'activity', 'graphs', 'energy', 'rules', 'devices', 'system'].map((each) => (
    { name: t(`nav.${each}`), kind: 'view', icon: each === 'graphs' ? 'graph' : each, choose: () => go(each === 'house' ? '/' : `/${each}`) }))
  items.push({ name: t('house.helpers'), kind: 'view', icon: 'calendar', choose: () => go('/helpers') })
  for (const device of devices.values()) {
    if (!device.present) continue
    const name = deviceName(device)
    items.push({ name, kind: 'device', of: device.device, icon: deviceIcon(device), more: `${device.name} ${device.model ?? ''} ${device.manufacturer ?? ''}`, choose: () => go(`/devices/${encodeURIComponent(device.device)}`) })
    for (const property of device.properties) {
      if (!property.key || property.present === false) continue
      const full = keyName(property.key)
      items.push({ name: full, kind: 'key', of: property.key, icon: propertyIcon(property, device), key: property.key, more: property.key, choose: () => go(`/keys/${encodeURIComponent(property.key)}`) })
      if (property.writable) items.push(...actions(property, device, full))
    }
  }
  for (const key of keys.values()) {
    if (!byKey.has(key.name)) items.push({ name: keyName(key.name), kind: 'key', of: key.name, icon: 'other', key: key.name, more: key.name, choose: () => go(`/keys/${encodeURIComponent(key.name)}`) })
  }
  return items
}

/**
 * @param {import('../devices/store.js').Property} property
 * @param {import('../devices/store.js').Device} device
 * @param {string} name
 * @returns {Item[]}
 */
function actions(property, device, name) {
  const kind = kindOf(property, device)
  if (property.category) return []
  const one = (/** @type {string} */ what, /** @type {any} */ value) => {
    /** @type {Item} */
    const item = { name: t(`find.${what}`, { name: apart(name) }), kind: 'action', icon: propertyIcon(property, device), key: property.key, choose: () => carryOut(property.key, value, name) }
    return item
  }
  const word = (/** @type {RegExp} */ pattern) => property.values?.find((each) => pattern.test(each)) ?? pattern.source.slice(1, -1)
  if (kind === 'toggle') return [one('on', true), one('off', false)]
  if (kind === 'lock') return [one('lock', true)]
  return kind === 'cover' ? [one('open', word(/^open$/i)), one('close', word(/^close$/i))] : []
}

/** @param {string} key @param {any} value @param {string} name */
async function carryOut(key, value, name) {
  if (await request(key, value)) notify(t('find.done', { name: apart(name) }))
}

/** @returns {Promise<Item[]>} what the hub is asked for */
async function askedItems() {
  /** @type {Item[]} */
  const items = []
  const [rooms, rules, views] = await Promise.all([loadRooms().catch(() => []), ask('rules').catch(() => ({ rules: [] })), loadViews().catch(() => [])])
  for (const room of rooms) items.push({ name: room.name, kind: 'room', of: room.room, icon: room.icon || 'room', choose: () => go(`/rooms/${encodeURIComponent(room.room)}`) })
  for (const view of views) items.push({ name: view.name, kind: 'view', icon: 'star', choose: () => go(`/views/${encodeURIComponent(view.id)}`) })
  for (const rule of rules.rules) {
    const name = rule.description || rule.rule
    items.push({ name, kind: 'rule', of: rule.rule, icon: 'rules', more: rule.rule, choose: () => go(`/rules/${encodeURIComponent(rule.rule)}`) })
    if (mayWrite('**')) items.push({ name: t('find.run', { name: apart(name) }), kind: 'action', icon: 'play', more: rule.rule, choose: () => ask('run', { rule: rule.rule }).then(() => notify(t('find.done', { name: apart(name) })), notifyError) })
  }
  return items
}

/**
 * The best first. Each word must be found: at the beginning of one is best, anywhere is good, its letters in order will do.
 * @param {Item[]} items
 * @param {string} text
 * @returns {Item[]}
 */
export function find(items, text) {
  const words = fold(text).split(/\s+/).filter(Boolean)
  if (!words.length) return []
  /** @type {[number, Item][]} */
  const found = []
  for (const item of items) {
    item.folded ??= ` ${fold(`${item.name} ${item.more ?? ''}`)}`
    let score = ranks[item.kind] - item.name.length / 40
    for (const word of words) {
      const at = item.folded.indexOf(word)
      if (at < 0) {
        if (word.length < 3 || !inOrder(item.folded, word)) { score = -Infinity; break }
        score -= 12
      } else score += item.folded.includes(` ${word} `) ? 12 : /[\s._/:-]/.test(item.folded[at - 1]) ? 10 : 4
    }
    if (score > -Infinity) found.push([score, item])
  }
  return found.sort((a, b) => b[0] - a[0]).slice(0, most).map(([, item]) => item)
}

/** @param {string} text @param {string} letters whether they are near one another */
function inOrder(text, letters) {
  let at = text.indexOf(letters[0])
  const begin = at
  for (let index = 1; index < letters.length && at >= 0; index++) at = text.indexOf(letters[index], at + 1)
  return begin >= 0 && at >= 0 && at - begin < letters.length * 3
}

/**
 * @param {string[]} [kinds] only these, to be picked
 * @param {(item: Item) => void} [pick] what is done with the one that is chosen; without it, it is gone to
 * @param {string} [text] what was typed already
 */
export function showSearch(kinds, pick, text = '') {
  if (document.getElementById('find')) return
  loadStyle('house/search.css')
  const wanted = (/** @type {Item[]} */ all) => kinds ? all.filter((each) => kinds.includes(each.kind)) : all
  let items = wanted(ownItems())
  /** @type {Item[]} */
  let shown = []
  let active = 0
  const list = h('ul', { id: 'find-list', class: 'bare', role: 'listbox', 'aria-label': t('find.title') })
  const said = h('p', { class: 'quiet find-said', role: 'status' }, t('find.hint'))
  const input = h('input', { enterkeyhint: 'go', role: 'combobox', 'aria-expanded': 'false', 'aria-controls': 'find-list', 'aria-autocomplete': 'list', 'aria-label': t('find.label'), placeholder: t('find.label'), autocomplete: 'off', spellcheck: 'false', oninput: () => draw() })
  const dialog = h('dialog', { id: 'find', class: 'dialog', 'aria-label': t('find.title'), onclose: () => dialog.remove() }, h('div', { class: 'row find-head' }, icon('search'), input, h('button', { class: 'plain bare', 'aria-label': t('action.close'), onclick: () => dialog.close() }, icon('close'))), list, said)
  const choose = (/** @type {number} */ index) => {
    const item = shown[index]
    if (!item) return
    dialog.close()
    if (pick) pick(item)
    else item.choose()
  }
  const mark = (/** @type {number} */ index) => {
    active = Math.max(0, Math.min(shown.length - 1, index))
    for (const [at, line] of [...list.children].entries()) change(line, { 'aria-selected': at === active ? 'true' : 'false' })
    change(input, { 'aria-activedescendant': shown.length ? `find-${active}` : null, 'aria-expanded': shown.length ? 'true' : 'false' })
    list.children[active]?.scrollIntoView({ block: 'nearest' })
  }
  const draw = () => {
    shown = find(items, input.value)
    replace(list, shown.map((item, index) => line(item, index, () => choose(index))))
    replace(said, !input.value.trim() ? t('find.hint') : shown.length ? t('find.count', { count: shown.length }) : t('find.none'))
    mark(0)
  }
  input.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + 6, PageUp: active - 6 }[event.key]
    if (to !== undefined) { event.preventDefault(); mark(to) }
    if (event.key === 'Enter') { event.preventDefault(); choose(active) }
  })
  dialog.addEventListener('click', (/** @type {Event} */ event) => { if (event.target === dialog) dialog.close() })
  document.body.append(dialog)
  dialog.showModal()
  input.value = text
  input.focus()
  if (text) draw()
  askedItems().then((more) => { items = [...items, ...wanted(more)]; if (input.value) draw() }, (error) => announce(error.message))
}

/** @param {Item} item @param {number} index @param {() => void} choose */
function line(item, index, choose) {
  const [property] = item.key ? keyAsProperty(item.key) : []
  return h('li', { id: `find-${index}`, role: 'option', class: 'find-item', 'aria-selected': 'false', onclick: choose },
    icon(item.icon), h('bdi', null, item.name), property && h('span', { class: 'number' }, readingText(property)), h('small', { class: 'quiet' }, t(`find.${item.kind}`)))
}
