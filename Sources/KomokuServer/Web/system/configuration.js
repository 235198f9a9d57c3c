// The files of the configuration are read anew, and what is wrong in them is told with its place.

import { h, replace } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { act, foreign } from './parts.js'

/** @param {HTMLElement} content */
export async function showConfiguration(content) {
  const answer = h('div', { class: 'stack', role: 'status' })
  content.append(h('p', { class: 'quiet' }, t('config.about')), h('div', null, act(t('config.reload'), async () => {
    replace(answer, h('p', null, t('config.reading')))
    try { replace(answer, drawAnswer(await ask('reload'))) } catch (error) { replace(answer); throw error }
  }, { class: '' })), answer)
}

/** @param {any} answer */
function drawAnswer({ reloaded, findings, ended }) {
  return [
    h('p', { class: reloaded ? 'fine' : 'attention' }, icon(reloaded ? 'ok' : 'warning'),
      t(reloaded ? 'config.reloaded' : 'config.refused')),
    findings.length > 0 && h('ul', { class: 'bare stack' }, findings.map((/** @type {any} */ each) => h('li', { class: 'card' },
      h('p', null, h('span', { class: `tag ${each.severity === 'error' ? 'is-bad' : 'is-on'}` },
        t(each.severity === 'error' ? 'config.error' : 'config.warning')), ' ',
        each.file && h('code', null, foreign([each.file, each.line,
          each.column].filter((part) => part !== null && part !== undefined).join(':')))),
      h('p', null, foreign(each.message)), each.remedy && h('p', { class: 'quiet' }, foreign(each.remedy))))),
    ended?.length > 0 && [h('h3', null, t('config.ended')),
      h('ul', null, ended.map((/** @type {any} */ each) => h('li', null, foreign(each.rule), ': ', foreign(each.reason))))],
  ]
}
