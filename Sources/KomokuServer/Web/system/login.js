/** @param {HTMLElement} main */
export function showLoginPage(main) { main.textContent = 'login' }
