// How the hub is: what needs a person first.

import { h } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { ago, duration, number } from '../base/format.js'
import { t } from '../base/words.js'
import { link } from '../base/router.js'
import { ask } from '../hub/connection.js'
import { logOut, session } from '../hub/api.js'
import { act, bytes, facts, foreign, live, readsAll, when } from './parts.js'

/** @param {HTMLElement} content @param {import('../base/router.js').Place} place */
export async function showOverview(content, place) {
  const state = h('div', { class: 'stack' })
  content.append(state)
  if (session) content.append(whoAsks())
  await live(state, place.signal, loadStatus, drawStatus)
}

/** Without what changes with each answer and is not seen. */
async function loadStatus() {
  const [status, store] = await Promise.all([ask('status'), readsAll() ? ask('store').catch(() => null) : null])
  const skew = Math.round(Date.now() / 1000 - status.hub.time)
  return { ...status, hub: { ...status.hub, uptime: Math.floor(status.hub.uptime / 60) * 60, time: 0 }, skew: Math.abs(skew) < 5 ? 0 : skew,
    size: store?.file_bytes }
}

/** @param {any} status */
function drawStatus(status) {
  const { hub, broker, rules } = status
  return [
    status.attention.length
      ? h('ul', { class: 'bare stack' }, status.attention.map((/** @type {string} */ each) => h('li', { class: 'attention' },
        icon('warning'), h('span', null, foreign(each)))))
      : h('p', { class: 'fine' }, icon('ok'), t('system.fine')),
    h('div', { class: 'grid' }, h('div', { class: 'card' }, h('h3', null, t('system.hub')), facts([
      [t('system.name'), foreign(hub.name)], [t('system.version'), hub.version], [t('system.uptime'), hub.uptime ? duration(hub.uptime) : t('system.just_started')],
        [t('system.zone'), hub.zone],
      [t('system.clock'), status.skew ? t('system.skew', { duration: duration(Math.abs(status.skew)) }) : t('system.clock_fine')],
    ])), h('div', { class: 'card' }, h('h3', null, t('system.connections')), facts([
      [t('system.broker'), !broker ? t('system.no_broker') : broker.connected ? t('system.connected') : [t('system.not_connected'),
        broker.reason && [': ', foreign(broker.reason)], broker.since && ` (${ago(broker.since)})`]],
      [t('system.storing'), status.storing ? t('system.storing_fine') : [t('system.storing_not'), ' ', foreign(status.store_error ?? '')]],
      [t('system.size'), status.size && bytes(status.size)],
    ])), h('div', { class: 'card' }, h('h3', null, t('system.house')), facts([
      [t('system.keys'), [number(status.keys), status.stale ? h('span', { class: 'quiet' },
        ` · ${t('system.stale', { count: status.stale })}`) : null]],
      [t('nav.devices'), [h('a', { href: '#/devices' }, number(status.devices)),
        status.offline ? [' · ', h('a', { href: link('/devices', { show: 'offline' }) }, t('system.offline', { count: status.offline }))]
        : null]],
      [t('nav.rules'), [h('a', { href: '#/rules' }, number(rules.count)),
        rules.failed.length ? ` · ${t('system.failed', { count: rules.failed.length })}` : null]],
      [t('system.letters'), session?.admin && (status.dead_letters ? h('a', { href: '#/system/letters' },
        number(status.dead_letters)) : t('system.none'))],
    ]))),
  ]
}

function whoAsks() {
  const isKnown = session?.kind === 'user' || session?.kind === 'token'
  return h('div', { class: 'row is-apart who' }, h('p', null, icon('person'), ' ', isKnown
    ? [t(session?.kind === 'user' ? 'system.you_are' : 'system.you_are_token'), ' ',
      h('b', null, foreign(session?.name ?? ''))] : t('system.nobody')),
  isKnown && h('div', { class: 'row' }, session?.kind === 'user' && act(t('system.own_password'),
    async () => (await import('./users.js')).changePassword(session?.name ?? '')), act(t('system.log_out'), logOut)))
}

/** @param {HTMLElement} content @param {import('../base/router.js').Place} place */
export async function showOutages(content, place) {
  const list = h('div', null)
  content.append(h('p', { class: 'quiet' }, t('outages.about')), list)
  await live(list, place.signal, async () => (readsAll() ? (await ask('store')).outages : (await ask('status')).outages) ?? [],
    (outages) => {
    if (!outages.length) return h('p', { class: 'empty' }, t('outages.none'))
    const rows = [...outages].sort((a, b) => b.start - a.start).map((each) => h('tr', null,
      h('td', null, t(`outages.${each.of}`)), h('td', null, when(each.start)),
        h('td', { class: 'number' }, each.end ? duration(each.end - each.start) : t('outages.lasting'))))
    return h('div', { class: 'scroll' }, h('table', null, h('thead', null, h('tr', null,
      h('th', { scope: 'col' }, t('outages.of')), h('th', { scope: 'col' }, t('outages.since')),
        h('th', { scope: 'col', class: 'number' }, t('outages.length')))), h('tbody', null, rows)))
  })
}
