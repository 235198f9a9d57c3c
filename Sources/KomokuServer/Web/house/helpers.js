// The helpers of the house: list, add, change, remove.

import { change, h, setText } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { confirm, notify, notifyError } from '../base/notice.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { mayWrite } from '../hub/api.js'
import { keyName } from '../keys/names.js'
import { keys } from '../keys/store.js'
import { devicesChanged } from '../devices/store.js'
import { apart } from './card.js'
import { loadFavourites, star } from './favourites.js'
import { helperAsProperty, helperControl, helpers, loadHelpers, signs } from './helper.js'
import { keepCards } from './room.js'

/** @typedef {import('./helper.js').Helper} Helper */

const kinds = Object.keys(signs)

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export async function show(main, { signal, title }) {
  title(t('house.helpers'))
  main.append(h('h1', null, t('house.helpers')), h('p', { class: 'quiet' }, t('helper.intro')))
  if (!await loadHelpers()) return void main.append(h('p', { class: 'empty' }, t('helper.unknown')))
  await loadFavourites().catch(notifyError)
  const list = h('div', { class: 'grid' })
  const empty = h('p', { class: 'empty' }, t('helper.none'))
  const draw = () => {
    const all = [...helpers.values()].sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || (a.label ?? '').localeCompare(b.label ?? ''))
    empty.hidden = all.length > 0
    keepCards(list, all.map((each) => [JSON.stringify({ ...each, value: 0 }), (end) => card(each, end, again)]), signal)
  }
  const again = () => loadHelpers().then(draw, () => {})
  main.append(list, empty)
  if (mayWrite('**')) main.append(h('h2', null, t('helper.add')), h('div', { class: 'row' }, kinds.map((kind) =>
    h('button', { class: 'plain', 'data-kind': kind, onclick: () => edit({ key: '', kind }, again) }, icon(signs[kind]), t(`helper.${kind}`)))))
  devicesChanged.listen(again, signal)
  draw()
}

/** @param {Helper} helper @param {AbortSignal} signal @param {() => void} again */
function card(helper, signal, again) {
  const name = apart(helperAsProperty(helper)[1].name)
  return h('article', { class: 'card helper', 'data-helper': helper.key }, helperControl(helper, signal), h('div', { class: 'row is-end' }, h('span', { class: 'quiet helper-kind' }, t(`helper.${helper.kind}`)),
    star(`key:${helper.key}`, name, signal),
    mayWrite(helper.key) && h('button', { class: 'plain bare', 'aria-label': `${t('action.edit')}: ${name}`, onclick: () => edit(helper, again) }, icon('edit'))))
}

/** @typedef {{ name: string, element: HTMLElement, read: () => any, lacks?: () => string }} Field what it lacks, in a sentence */

/** @param {string} name @param {any} value @param {Record<string, any>} [attributes] @returns {Field} */
function field(name, value, attributes = {}) {
  const input = h(attributes.rows ? 'textarea' : 'input', { value: value ?? '', ...attributes })
  const isNumber = attributes.inputmode === 'decimal'
  return { name, element: h('label', null, t(`helper.field.${name}`), input), read: () => isNumber ? input.value.trim() === '' ? undefined : Number(input.value.replace(',', '.')) : input.value }
}

/** @param {Helper} helper @returns {Promise<Field[]>} */
async function fieldsOf(helper) {
  const decimal = { inputmode: 'decimal', pattern: '-?[0-9]*[.,]?[0-9]*', size: 6 }
  switch (helper.kind) {
    case 'mode': return [{ ...field('values', helper.values?.join('\n'), { rows: 4, required: true }), name: 'values' }].map((each) => ({ ...each, read: () => each.read().split('\n').map((/** @type {string} */ line) => line.trim()).filter(Boolean) }))
    case 'number': return ['min', 'max', 'step'].map((name) => field(name, helper[name], decimal)).concat(field('unit', helper.unit, { size: 6, maxlength: 16 }))
    case 'timer': return [minutes('duration', helper.duration, 10)]
    case 'person': return [trackers(helper), minutes('away_after', helper.away_after, 5)]
    case 'schedule': return [(await import('./schedule.js')).scheduleField(helper)]
  }
  return []
}

/** @param {string} name @param {any} seconds @param {number} otherwise @returns {Field} a length of time, which the hub counts in seconds */
function minutes(name, seconds, otherwise) {
  const { element, read } = field(name, typeof seconds === 'number' ? seconds / 60 : otherwise, { inputmode: 'decimal', required: true, size: 6 })
  return { name, element, read: () => read() * 60 }
}

/** @param {Helper} helper @returns {Field} keys that say where somebody is */
function trackers(helper) {
  const chosen = new Set(helper.trackers ?? [])
  const isLikely = (/** @type {string} */ key) => /phone|tracker|presence|person|handy|mobile|wifi|wlan/i.test(key)
  const rank = (/** @type {string} */ key) => chosen.has(key) ? 0 : isLikely(key) ? 1 : 2
  const fits = [...keys.values()].filter(({ name, type }) => chosen.has(name) || name !== helper.key && (/boolean|uptime/.test(type) || type === 'string' && isLikely(name) && !/(person|helper)\./.test(name)))
    .map(({ name }) => ({ key: name, name: keyName(name) })).sort((a, b) => rank(a.key) - rank(b.key) || a.name.localeCompare(b.name))
  const boxes = fits.map(({ key }) => h('input', { type: 'checkbox', checked: chosen.has(key), value: key }))
  const lines = boxes.map((box, index) => h('div', null, h('label', { class: 'is-line' }, box, h('bdi', null, fits[index].name))))
  const list = h('div', { class: 'scroll' }, lines)
  list.style.maxHeight = '16rem'
  const find = h('input', { type: 'search', 'aria-label': t('helper.trackers.find'), placeholder: t('helper.trackers.find'), oninput: () => {
    for (const [index, line] of lines.entries()) line.hidden = !boxes[index].checked && !fits[index].name.toLowerCase().includes(find.value.trim().toLowerCase())
  } })
  const element = h('fieldset', { class: 'stack' }, h('legend', null, t('helper.field.trackers')), fits.length > 12 && find, list)
  const read = () => boxes.filter((box) => box.checked).map((box) => box.value)
  return { name: 'trackers', element, read, lacks: () => read().length ? '' : t(fits.length ? 'helper.trackers.choose' : 'helper.trackers.none') }
}

/**
 * A key for a name: `helper.guest_mode` for "Guest mode".
 * @param {string} label
 */
function keyFor(label) {
  const base = `helper.${label.toLowerCase().replace(/ä/g, 'ae').replace(/ö/g, 'oe').replace(/ü/g, 'ue').replace(/ß/g, 'ss').replace(/[^\p{L}\p{N}]+/gu, '_').replace(/^_+|_+$/g, '') || 'one'}`
  let key = base
  for (let number = 2; keys.has(key); number++) key = `${base}_${number}`
  return key
}

/** @param {Helper} helper without a key: a new one @param {() => void} again */
async function edit(helper, again) {
  const label = field('label', helper.label, { required: true, maxlength: 60 })
  const fields = await fieldsOf(helper)
  const error = h('p', { class: 'field-error', role: 'alert' })
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault()
    /** @type {Record<string, any>} */
    const body = { key: helper.key || keyFor(label.read()), kind: helper.kind, label: label.read().trim(), ...Object.fromEntries(fields.map((each) => [each.name, each.read()])) }
    // A schedule says several things.
    const { schedule, ...rest } = body
    try {
      await ask('set_helper', { ...rest, ...schedule })
      dialog.close()
      notify(t('helper.saved', { name: apart(body.label) }))
      again()
    } catch (refusal) { error.textContent = refusal.message }
  }
  const remove = async () => {
    if (!await confirm(t('helper.remove.sure', { name: apart(helper.label ?? '') }), t('action.delete'))) return
    try { await ask('remove_helper', { key: helper.key }); dialog.close(); again() } catch (refusal) { notifyError(refusal) }
  }
  const lack = h('p', { class: 'quiet small', role: 'status' })
  const button = h('button', null, t('action.save'))
  const look = () => {
    const text = fields.map((each) => each.lacks?.()).find(Boolean) ?? ''
    change(button, { disabled: !!text })
    change(lack, { hidden: !text })
    setText(lack, text)
  }
  const dialog = h('dialog', { class: 'dialog helper-dialog', 'aria-labelledby': 'helper-title', onclose: () => dialog.remove() }, h('form', { class: 'stack', onsubmit: save, onchange: look },
    h('h2', { id: 'helper-title' }, icon(signs[helper.kind]), ' ', t(`helper.${helper.kind}`)), label.element, fields.map((each) => each.element), lack, error,
    h('div', { class: 'row is-end' }, helper.key && h('button', { type: 'button', class: 'plain', onclick: remove }, t('action.delete')), h('button', { type: 'button', class: 'plain', onclick: () => dialog.close() }, t('action.cancel')), button)))
  look()
  // What grows while it is painted on must not move: its top stays.
  if (helper.kind === 'schedule') dialog.style.marginTop = '1.5rem'
  document.body.append(dialog)
  dialog.showModal()
}
