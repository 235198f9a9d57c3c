// One key: what it is now, since when and by what, how it was, and what can be done with it.

import { h, replace, setText } from '../base/dom.js'
import { ago, fullMoment } from '../base/format.js'
import { every } from '../base/events.js'
import { loadWords, t } from '../base/words.js'
import { keepInAddress } from '../base/router.js'
import { session } from '../hub/api.js'
import { ask } from '../hub/connection.js'
import { byKey } from '../devices/store.js'
import { graph } from '../graph/graph.js'
import { range } from '../graph/graphs.js'
import { whyText } from './why.js'
import { points } from './points.js'
import { statistics } from './statistics.js'
import { deviceName, keyForm, keyName, keyText } from './names.js'
import { keys, loadKeys, watch } from './store.js'

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export async function show(main, { params, query, signal, title }) {
  const name = params.key
  title(keyName(name))
  if (!keys.has(name)) {
    main.append(h('h1', null, h('bdi', null, name)), h('p', { class: 'empty' }, t('key.missing')), h('p', null,
      h('a', { href: '#/keys' }, t('keys.all'))))
    // It may come while one looks.
    const coming = new AbortController()
    signal.addEventListener('abort', () => coming.abort(), { once: true })
    watch(name, (key) => { if (key) { coming.abort(); build(main, name, query, signal) } }, coming.signal)
    // One that has just been renamed is not told of by a change.
    return loadKeys().catch(() => {})
  }
  await build(main, name, query, signal)
}

/** @param {HTMLElement} main @param {string} name @param {URLSearchParams} query @param {AbortSignal} signal */
async function build(main, name, query, signal) {
  const device = byKey.get(name)?.[0]
  const drawn = h('div')
  /** @type {import('../graph/graph.js').Graph | undefined} */
  let shown
  const figures = statistics(name, signal)
  const list = points(name, signal, () => shown)
  replace(main, h('h1', null, h('bdi', null, keyName(name))), head(name, signal), device && h('p', null,
    h('a', { href: `#/devices/${encodeURIComponent(device.device)}` }, h('bdi', null, deviceName(device)))),
    drawn, figures.element, list.element, options(name, signal))
  const changed = () => { if (shown) { figures.show(shown.view); list.show(shown.view) } }
  const asked = (/** @type {string} */ each) => { const value = Number(query.get(each)); return query.get(each) && Number.isFinite(value) ? value : null }
  shown = await graph(drawn, { keys: [name], since: asked('since'), until: asked('until'), compare: query.get('compare'),
    onchange: (each) => { keepInAddress({ ...range(each.view), compare: each.view.compare }); changed() } }, signal)
  changed()
  every(60_000, () => { if (shown?.view.live) figures.show(shown.view) }, signal)
}

/** @param {string} name @param {AbortSignal} signal */
function head(name, signal) {
  const [value, since, why, control] = [h('p', { class: 'key-value number live' }), h('p', { class: 'quiet' }), h('p', { class: 'key-why' }),
    h('div')]
  /** @type {any} */
  let last
  const tell = () => {
    const key = keys.get(name)
    setText(value, key ? keyText(name, key.value) : t('key.gone'))
    setText(since, key?.time ? `${t('key.heard', { ago: ago(key.time) })}${key.stale ? ` · ${t('key.stale')}` : ''}` : t('key.never'))
    since.title = key?.time ? fullMoment(key.time) : ''
  }
  const explain = async () => {
    try { replace(why, whyText(await ask('why', { key: name, limit: 1 }))) } catch { replace(why) }
  }
  watch(name, (key) => {
    tell()
    if (last === undefined || key?.value !== last) explain()
    last = key?.value ?? null
  }, signal)
  every(15_000, tell, signal)
  showControl(control, name, signal)
  return h('div', { class: 'card key-head-card' }, value, h('div', null, since, why), control)
}

/** @param {HTMLElement} place @param {string} name @param {AbortSignal} signal */
async function showControl(place, name, signal) {
  const [device, property] = byKey.get(name) ?? []
  if (!device || !property?.writable) return
  const [module] = await Promise.all([import('../devices/control.js').catch(() => null), loadWords('house')])
  const made = module?.control?.(property, device, signal)
  if (made && !signal.aborted) place.append(made)
}

/** @param {string} name @param {AbortSignal} signal */
function options(name, signal) {
  const place = h('dl', { class: 'facts' })
  const more = h('div')
  watch(name, (key) => {
    if (!key) return
    const { unit, type } = keyForm(name)
    const facts = { [t('keys.name')]: h('bdi', { class: 'code' }, name), [t('keys.type')]: t(`keys.type.${type}`), [t('key.unit')]: unit,
      ...Object.fromEntries(Object.entries(key.opts).filter(([each]) => each !== 'unit').map(([each, value]) => [each, h('bdi', null,
      optionText(value))])) }
    replace(place, Object.entries(facts).filter(([, value]) => value !== undefined && value !== null).map(([each, value]) => [h('dt', null,
      each), h('dd', null, value)]))
  }, signal)
  return h('details', { class: 'card', ontoggle: async (/** @type {any} */ event) => {
    if (!event.target.open || !session?.admin || more.firstChild) return
    const { administration } = await import('./administration.js')
    more.append(administration(name))
  } }, h('summary', null, t('key.options')), place, more)
}

/** @param {any} value */
const optionText = (value) => typeof value === 'string' ? value : typeof value === 'number' ? String(value) : Array.isArray(value) ? value.join(', ') : value === null ? t('value.none') : typeof value === 'boolean' ? t(value ? 'key.yes' : 'key.no') : JSON.stringify(value)

