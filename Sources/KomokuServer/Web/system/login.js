// Who wants in says who he is; then the page goes on where it was.

import { h, replace, setText } from '../base/dom.js'
import { pause } from '../base/events.js'
import { capital } from '../base/format.js'
import { t } from '../base/words.js'
import { useStyle } from '../base/router.js'
import { logIn, session } from '../hub/api.js'
import { connection } from '../hub/connection.js'

/** @param {HTMLElement} main */
export async function showLoginPage(main) {
  await useStyle('system/system.css')
  document.title = `${t('login.title')} · Komoku`
  document.body.classList.add('is-asking')
  for (const dialog of document.querySelectorAll('dialog')) dialog.close()
  const done = new AbortController()
  connection.changed.listen((state) => {
    if (state !== 'open') return
    document.body.classList.remove('is-asking')
    done.abort()
  }, done.signal)
  // He may have logged in elsewhere, in another tab.
  document.addEventListener('visibilitychange', () => { if (!document.hidden) connection.again() }, { signal: done.signal })
  // Who was in already is told why he is asked again.
  replace(main, h('div', { class: 'login card' }, h('h1', null, t('login.title')),
    session && h('p', { class: 'warn', role: 'status' }, t('login.ended')), loginForm()))
  main.querySelector('input')?.focus()
}

function loginForm() {
  const user = h('input', { name: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true })
  const password = h('input', { name: 'password', type: 'password', autocomplete: 'current-password', required: true })
  const token = h('input', { name: 'token', type: 'password', autocomplete: 'off', spellcheck: 'false' })
  const failure = h('p', { class: 'field-error', role: 'alert' })
  const waiting = h('p', { class: 'quiet number' })
  const button = h('button', null, t('login.go'))
  const more = h('details', { ontoggle: () => { user.required = password.required = !more.open } },
    h('summary', null, t('login.with_token')), h('label', null, t('login.token'), token))
  return h('form', { class: 'stack', method: 'post', onsubmit: async (/** @type {Event} */ event) => {
    event.preventDefault()
    setText(failure, '')
    button.disabled = true
    try {
      await logIn(more.open && token.value ? { token: token.value.trim() } : { user: user.value, password: password.value })
    } catch (error) {
      await tell(failure, waiting, error)
      button.disabled = false
      if (!more.open) password.select()
    }
  } }, h('label', null, t('login.user'), user), h('label', null, t('login.password'), password), more, failure, waiting, button)
}

/**
 * The sentence of the hub; where one has to wait, the time that is left.
 * @param {HTMLElement} failure
 * @param {HTMLElement} waiting counts: who is read to hears of it once
 * @param {any} error
 */
async function tell(failure, waiting, error) {
  setText(failure, capital(error.message))
  for (let left = error.wait ?? 0; left > 0; left--) {
    setText(waiting, t('login.wait', { count: left }))
    await pause(1000)
  }
  setText(waiting, '')
  if (error.wait) setText(failure, t('login.now'))
}
