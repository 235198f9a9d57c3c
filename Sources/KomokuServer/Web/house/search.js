export function showSearch() {}
