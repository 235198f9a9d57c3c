// After the hub was upgraded an open page goes on; the new one is offered, never forced upon who is just doing something.

import { notify } from './notice.js'
import { t } from './words.js'

const mine = new URL('..', import.meta.url).pathname.split('/').slice(-2)[0]
let isOffered = false

/** Asks the hub which page it has, and offers it where it is another. */
export async function lookForNewVersion() {
  if (isOffered) return
  try {
    const answer = await fetch(new URL('.', document.baseURI), { headers: { Accept: 'text/html' }, cache: 'no-cache' })
    const now = /page\/([^/"]+)\/main\.js/.exec(await answer.text())?.[1]
    if (!now || now === mine || mine === 'unkept') return
    isOffered = true
    notify(t('page.newer'), { kind: 'lasting', action: t('page.reload'), onaction: () => location.reload() })
  } catch { /* The hub is away again: it is asked when it is back. */ }
}
