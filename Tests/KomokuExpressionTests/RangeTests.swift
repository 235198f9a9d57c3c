import Komoku
import KomokuExpression
import Testing

/// Numbers that are always between two others.
struct RangeTests {
    private func warnings(of text: String) throws -> [String] {
        try Expression.parse(text).checkWithWarnings(in: House.rule(warning: false)).warnings.map(\.description)
    }

    @Test(arguments: [
        ("month = 13", "0: month is 1 to 12, never 13"),
        ("weekday in [0, 6]", "12: weekday is 1 to 7, never 0; 7 is Sunday, 1 is Monday"),
        ("minute > 59", "0: minute is 0 to 59: this is always false"),
        ("31 >= day", "0: day is 1 to 31: this is always true"),
        (
            "fraction(hall.motion, 1h) > 50",
            "0: fraction(hall.motion, 1h) is 0 to 1: this is always false; it is a part of the whole: 0.5 is 50 %"
        ),
    ])
    func `a comparison that comes out the same is told`(text: String, warning: String) throws {
        #expect(try warnings(of: text) == [warning])
    }

    @Test(arguments: [
        "month < 12", "weekday in [6, 7]", "fraction(hall.motion, 1h) > 0.5", "minute = 59",
        "is_night and azimuth > 90",
    ])
    func `others are not`(text: String) throws {
        #expect(try warnings(of: text) == [])
    }
}
