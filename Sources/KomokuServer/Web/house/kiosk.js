// A tablet on the wall shows one view and what it leads to, without the navigation, until it is sent to `#/`.

import { h } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { link, shown } from '../base/router.js'
import { t } from '../base/words.js'

const name = 'komoku.kiosk'

/**
 * The view of this window; empty where it is no tablet's.
 * @returns {string}
 */
function kept() {
  try { return sessionStorage.getItem(name) ?? '' } catch { return '' }
}

/** Looks at each address whether it belongs to a tablet on the wall. */
export function startKiosk() {
  const back = h('a', { class: 'button plain kiosk-back', hidden: true }, icon('left'), t('action.back'))
  document.body.append(back)
  shown.listen(() => {
    const [path, query = ''] = (location.hash.slice(1) || '/').split('?')
    const view = /^\/views\/([^/]+)$/.exec(path)?.[1]
    try {
      if (path === '/') sessionStorage.removeItem(name)
      else if (view && new URLSearchParams(query).has('kiosk')) sessionStorage.setItem(name, view)
    } catch { /* Then it is one as long as its address says so. */ }
    const own = kept()
    document.documentElement.classList.toggle('is-kiosk', own !== '')
    back.hidden = own === '' || view === own
    back.href = link(`/views/${own}`, { kiosk: 1 })
  })
}
