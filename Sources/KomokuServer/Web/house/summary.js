// What one wants to know at the door: what is open, on or wrong.

import { change, h, replace } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { beforeNextFrame, every } from '../base/events.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { mayWrite, session } from '../hub/api.js'
import { request, shownValue } from '../keys/asking.js'
import { keys, watch } from '../keys/store.js'
import { devices, devicesChanged } from '../devices/store.js'
import { isOffline } from '../devices/control-kind.js'
import { classOf, deviceIcon, deviceName, wordOf } from '../keys/names.js'
import { apart } from './card.js'

/**
 * @typedef {import('../devices/store.js').Device} Device
 * @typedef {import('../devices/store.js').Property} Property
 * @typedef {{ device: Device, property?: Property }} Matter
 */

/** The gravest first. @satisfies {[string, string, string][]} */
const kinds = [['alarm', 'warning', 'is-bad'], ['attention', 'warning', 'is-bad'], ['notice', 'bell', 'is-bad'], ['offline', 'offline', ''], ['battery', 'battery', ''], ['unlocked', 'lock', 'is-on'], ['open', 'door', 'is-on'], ['light', 'lamp', 'is-on']]
const weak = 15

/**
 * Which matter a property can become.
 * @param {Property} property
 * @param {Device} device
 */
function matterOf(property, device) {
  const kind = classOf(property)
  const word = wordOf(property)
  if (property.category === 'config' || property.event) return ''
  if (word === 'battery' && property.type === 'numeric' && property.unit === '%' || kind === 'battery' && property.type === 'boolean' || word === 'battery_ok') return 'battery'
  if (/^(smoke|moisture|gas|carbon_monoxide|safety|problem)$/.test(kind) && property.type === 'boolean') return 'alarm'
  if (/^(door|window|opening|contact|garage_door)$/.test(kind) && property.type === 'boolean' && !property.writable || kind === 'garage' && property.type === 'string') return 'open'
  if (!property.writable || property.type !== 'boolean') return ''
  if (property.class === 'lock' || property.control === 'lock' || word === 'state' && device.properties.some((each) => each.property === 'lock_state')) return 'unlocked'
  if (property.control) return property.control === 'light' ? 'light' : ''
  return !/^(child_lock|.*_mode|.*detect.*)$/.test(word) && deviceIcon(device, property) === 'lamp' ? 'light' : ''
}

/** @param {Property} property @param {string} matter */
function isMatter(property, matter) {
  const value = matter === 'light' ? shownValue(property.key) : keys.get(property.key)?.value ?? null
  if (value === null) return false
  if (matter === 'battery') return typeof value === 'number' ? value <= weak : value !== (wordOf(property) === 'battery_ok')
  if (matter === 'open') return typeof value === 'string' ? value !== 'closed' : value !== (classOf(property) === 'contact')
  return matter === 'unlocked' ? !value : value
}

/**
 * @param {AbortSignal} signal
 * @returns {HTMLElement}
 */
export function summary(signal) {
  const chips = h('div', { class: 'chips' })
  const list = h('div', { class: 'card matters', hidden: true })
  const element = h('section', { class: 'summary', 'aria-labelledby': 'now' }, h('h2', { id: 'now', class: 'unseen' }, t('house.now')), chips, list)
  /** @type {{ attention: string[], notices: any[] }} */
  const hub = { attention: [], notices: [] }
  let open = ''
  let watching = new AbortController()
  /** @type {[string, Property, Device][]} */
  let watched = []
  const begin = () => {
    watching.abort()
    watching = new AbortController()
    watched = []
    for (const device of devices.values()) {
      if (!device.present || device.model === 'bridge') continue
      for (const property of device.properties) {
        const matter = property.key && property.present !== false && matterOf(property, device)
        if (matter) watched.push([matter, property, device])
        if (matter || property.property === 'online') watch(property.key, () => beforeNextFrame(draw), watching.signal)
      }
    }
    draw()
  }
  const draw = () => {
    if (signal.aborted) return
    const found = matters(watched, hub)
    drawChips(chips, found, open, (kind) => { open = open === kind ? '' : kind; draw() })
    if (open && !found.get(open)?.length) open = ''
    drawList(list, open, found.get(open) ?? [], signal)
  }
  const look = async () => {
    const [status, notices] = await Promise.all([ask('status').catch(() => null), ask('notifications', { open: true }).catch(() => null)])
    // Devices that are offline have a chip of their own.
    hub.attention = (status?.attention ?? []).filter((/** @type {string} */ each) => !/^\d+ devices? (is|are) offline|^.+ is offline/.test(each))
    hub.notices = notices?.notifications ?? []
    draw()
  }
  signal.addEventListener('abort', () => watching.abort(), { once: true })
  devicesChanged.listen(begin, signal)
  begin()
  look()
  every(15_000, look, signal)
  return element
}

/**
 * @param {[string, Property, Device][]} watched
 * @param {{ attention: string[], notices: any[] }} hub
 * @returns {Map<string, any[]>} matters, or sentences of the hub
 */
function matters(watched, hub) {
  /** @type {Map<string, any[]>} */
  const found = new Map([['attention', hub.attention], ['notice', hub.notices.map((each) => [each.title, each.message].filter(Boolean).join(': '))]])
  const add = (/** @type {string} */ kind, /** @type {Matter} */ matter) => {
    const all = found.get(kind) ?? []
    found.set(kind, all)
    if (kind !== 'battery' || !all.some((each) => each.device === matter.device)) all.push(matter)
  }
  for (const [kind, property, device] of watched) if (isMatter(property, kind)) add(kind, { device, property })
  for (const device of devices.values()) if (device.present && isOffline(device)) add('offline', { device })
  return found
}

/** @param {HTMLElement} chips @param {Map<string, any[]>} found @param {string} open @param {(kind: string) => void} toggle */
function drawChips(chips, found, open, toggle) {
  const shown = kinds.filter(([kind]) => found.get(kind)?.length)
  const texts = shown.map(([kind]) => {
    const all = found.get(kind) ?? []
    const names = [...new Set(all.flatMap((each) => each.device ? [apart(deviceName(each.device))] : []))]
    // So few are named: it is better to know which.
    if (names.length > 1 && names.length < 4) return t(`few.${kind}`, { names: names.join(', ') })
    return t(`sum.${kind}`, { count: all.length, name: names[0] })
  })
  const text = JSON.stringify([texts, open])
  if (chips.dataset.shown === text) return
  chips.dataset.shown = text
  const had = /** @type {HTMLElement | null} */ (document.activeElement)?.closest?.('.chips') && document.activeElement?.getAttribute('data-kind')
  replace(chips, shown.map(([kind, sign, tone], index) =>
    h('button', { class: `chip plain ${tone}`, 'data-kind': kind, 'aria-expanded': open === kind ? 'true' : 'false', onclick: () => toggle(kind) }, icon(sign), texts[index])),
  !shown.length && h('p', { class: 'quiet all-well' }, icon('ok'), ' ', t(session?.admin || session?.read.includes('**') ? 'house.quiet' : 'house.quiet.seen')))
  if (had) /** @type {HTMLElement | null} */ (chips.querySelector(`[data-kind=${had}]`))?.focus()
}

/** @type {AbortController | undefined} */
let listing

/** @param {HTMLElement} list @param {string} kind @param {any[]} all @param {AbortSignal} signal */
async function drawList(list, kind, all, signal) {
  const text = kind && JSON.stringify([kind, all.map((each) => each.property?.key ?? each.device?.device ?? each)])
  if ((list.dataset.shown ?? '') === text) return
  list.dataset.shown = text
  // Controls are for who opens one.
  const control = all.some((each) => each.property) ? (await import('../devices/control.js')).control : null
  if (list.dataset.shown !== text || signal.aborted) return
  change(list, { hidden: !kind })
  listing?.abort()
  const mine = listing = new AbortController()
  signal.addEventListener('abort', () => mine.abort(), { once: true, signal: mine.signal })
  const lights = kind === 'light' && all.length > 1 ? all.filter(({ property }) => mayWrite(property.key)) : []
  replace(list, all.map((each) => typeof each === 'string' ? h('p', null, h('bdi', null, each))
    : each.property ? control?.(each.property, each.device, mine.signal, { name: deviceName(each.device) })
      : h('p', null, h('a', { href: `#/devices/${encodeURIComponent(each.device.device)}` }, h('bdi', null, deviceName(each.device))))),
  kind === 'attention' && h('p', null, h('a', { href: '#/system' }, t('nav.system'))), kind === 'notice' && h('p', null, h('a', { href: '#/system/notifications' }, t('nav.system'))),
  lights.length > 0 && h('button', { class: 'plain', onclick: () => lights.forEach(({ property }) => request(property.key, false)) }, t('sum.off')))
}
