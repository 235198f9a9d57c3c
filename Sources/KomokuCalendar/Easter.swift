package import Komoku

extension CivilDate {
    /// Easter Sunday of a year, as the western churches count it (Meeus, "Astronomical Algorithms", chapter 8).
    package static func easter(of year: Int) -> CivilDate? {
        let (a, b, c) = (year.remainder(by: 19), year.floored(by: 100), year.remainder(by: 100))
        let (d, e, f) = (b / 4, b % 4, (b + 8) / 25)
        let g = (b - f + 1) / 3
        let h = (19 * a + b - d - g + 15) % 30
        let (i, k) = (c / 4, c % 4)
        let l = (32 + 2 * e + 2 * i - h - k) % 7
        let m = (a + 11 * h + 22 * l) / 451
        let place = h + l - 7 * m + 114
        return CivilDate(year: year, month: place / 31, day: place % 31 + 1)
    }
}
