// What can be done with a device: another name, a new one in its place, away with it.

import { h, replace } from '../base/dom.js'
import { confirm, notify } from '../base/notice.js'
import { go } from '../base/router.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { keys } from '../keys/store.js'
import { byKey, devices, devicesChanged, loadDevices } from './store.js'
import { knows, makeOf, nameOf, propertyName, stateOf } from './facts.js'
import { act, foreign, mayAll, openForm } from '../system/parts.js'

/** @typedef {import('./store.js').Device} Device */

/** What a bridge does with its devices, where the hub knows how: `update_device` and its like. */
const commands = ['rename_device', 'update_device', 'remove_device']

/** @param {Device} device @param {AbortSignal} signal */
export function drawWork(device, signal) {
  const place = h('div', { class: 'row work' })
  if (!mayAll()) return place
  /** @type {Set<string>} */
  const known = new Set()
  let shown = ''
  const look = () => {
    const now = devices.get(device.device)
    const what = now ? `${stateOf(now)} ${[...known]} ${hasUpdate(now)}` : ''
    if (what === shown) return
    shown = what
    replace(place, now && buttons(now, known))
  }
  Promise.all(commands.map(async (command) => { if (await knows(command)) known.add(command) })).then(look)
  devicesChanged.listen(look, signal)
  look()
  return place
}

/** @param {Device} device */
function hasUpdate(device) {
  return device.properties.some((each) => /^update(_available|\.state)?$/.test(each.property) && [true,
    'available'].includes(keys.get(each.key)?.value))
}

/** @param {Device} device @param {Set<string>} known */
function buttons(device, known) {
  const state = stateOf(device)
  const isDead = state === 'gone' || device.online === false
  const isBridged = device.source === 'zigbee2mqtt' && device.via !== null
  return [
    isBridged && state !== 'gone' && known.has('rename_device') && act(t('devices.rename'), () => rename(device)),
    isBridged && known.has('update_device') && hasUpdate(device) && act(t('devices.update'), async () => {
      await order('update_device', { device: device.device })
      notify(t('devices.updating'))
    }),
    isDead && act(t('devices.replace'), () => replaceDevice(device)),
    isBridged && state !== 'gone' && known.has('remove_device') && act(t('devices.remove'), () => remove(device)),
    state === 'gone' && act(t('devices.forget'), async () => {
      if (!await confirm(t('devices.forget_sure', { name: nameOf(device) }), t('devices.forget'))) return
      await ask('forget', { device: device.device })
      notify(t('devices.forgotten'))
      go('/devices')
      await loadDevices()
    }),
  ]
}

/**
 * Has the bridge do something; that it refuses or does not answer is an answer of the hub.
 * @param {string} command
 * @param {any} body
 */
async function order(command, body) {
  const answer = await ask(command, body)
  if (answer?.outcome === 'failed') throw new Error(answer.reason)
}

/** @param {Device} device */
async function rename(device) {
  const name = h('input', { value: device.name, required: true, maxlength: 255, autocomplete: 'off' })
  const fields = [h('label', null, t('devices.new_name'), name), h('p', { class: 'quiet' }, t('devices.rename_about'))]
  const done = await openForm(t('devices.rename'), fields, t('action.save'),
    () => order('rename_device', { device: device.device, name: name.value.trim() }))
  if (!done) return
  notify(t('devices.renamed'))
  await loadDevices()
}

/** @param {Device} device */
async function remove(device) {
  const force = h('input', { type: 'checkbox' })
  const fields = [h('p', null, t('devices.remove_sure', { name: nameOf(device) })), h('label', { class: 'is-line' }, force, t('devices.force'))]
  const done = await openForm(t('devices.remove'), fields, t('devices.remove'),
    () => order('remove_device', { device: device.device, force: force.checked }), { isDanger: true })
  if (!done) return
  notify(t('devices.removed'))
  await loadDevices()
}

/** @param {Device} old which is dead */
export async function replaceDevice(old) {
  const others = [...devices.values()].filter((each) => each.device !== old.device && each.present).sort((a, b) => likeness(b,
    old) - likeness(a, old) || nameOf(a).localeCompare(nameOf(b)))
  const preview = h('div', { class: 'stack', 'aria-live': 'polite' })
  const choose = h('select', { required: true, onchange: () => {
    const chosen = devices.get(choose.value)
    replace(preview, chosen && foresee(old, chosen))
  } }, h('option', { value: '' }, t('replace.choose')),
    others.map((each) => h('option', { value: each.device }, [nameOf(each), makeOf(each)].filter(Boolean).join(' · '))))
  const done = await openForm(t('replace.title', { name: nameOf(old) }),
    others.length ? [h('p', null, t('replace.about')), h('label', null, t('replace.new'), choose), preview] : h('p', null,
    t('replace.nobody')),
    t('replace.go'), () => others.length ? ask('replace', { device: old.device, with: choose.value }) : Promise.resolve(null))
  if (!done?.with) return
  await loadDevices()
  tellLeft(done)
  go(`/devices/${encodeURIComponent(done.with)}`)
}

/**
 * How many properties two devices share.
 * @param {Device} device
 * @param {Device} old
 */
function likeness(device, old) {
  return old.properties.filter((each) => matching(each, device)).length + (device.model === old.model ? 100 : 0)
}

/** @param {import('./store.js').Property} property @param {Device} device */
function matching(property, device) { return device.properties.find((each) => each.property === property.property) }

/**
 * What will move, dry: the hub decides.
 * @param {Device} old
 * @param {Device} chosen
 */
function foresee(old, chosen) {
  const names = (/** @type {import('./store.js').Property[]} */ all) => h('ul', null,
    all.map((each) => h('li', null, foreign(propertyName(each, old)))))
  const moves = old.properties.filter((each) => each.key && matching(each, chosen))
  const left = old.properties.filter((each) => each.key && !matching(each, chosen))
  const differs = moves.filter((each) => matching(each,
    chosen)?.type !== each.type || (matching(each, chosen)?.unit ?? null) !== (each.unit ?? null))
  return [!moves.length ? h('p', { class: 'field-error' },
    t('replace.nothing')) : [h('p', null, t('replace.moves', { count: moves.length })), names(moves)],
    left.length > 0 && [h('p', null, t('replace.left', { count: left.length })), names(left)],
    differs.length > 0 && [h('p', { class: 'field-error' }, t('replace.differs')), names(differs)]]
}

/** @param {{ keys: string[], left: string[] }} answer */
function tellLeft({ keys: moved, left }) {
  notify(t('replace.done', { count: moved.length }))
  if (left.length) notify(t('replace.done_left', { names: left.map((key) => { const [device,
    property] = byKey.get(key) ?? []; return device && property ? propertyName(property, device) : key }).join(', ') }),
    { kind: 'lasting' })
}
