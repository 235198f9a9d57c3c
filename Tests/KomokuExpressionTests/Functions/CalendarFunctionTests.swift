import Komoku
import KomokuExpression
import Testing

/// Functions over the calendars of the house.
struct CalendarFunctionTests {
    private static var environment: TypeEnvironment {
        var environment = TypeEnvironment(locals: ["self": .init(constant: .string("school"))], offers: .all)
        environment.calendars = CalendarNames(calendars: ["school", "bins"], hasHolidays: true)
        return environment
    }

    /// On at 100 seconds and then; the next one begins at 500, and something changes at 300.
    private static func answer(_ reference: Reference) -> Value? {
        switch reference {
        case .calendar(.isOn(let name)): .boolean(name == "school")
        case .calendar(.event(let name)): name == "school" ? .string("Lessons") : nil
        case .calendar(.next(let name)): name == "school" ? .number(500) : nil
        case .calendar(.change(let name)): name == "school" ? .number(300) : nil
        case .calendar(.holiday(let days)): .boolean(days == 1)
        case .calendar(.holidayName(let days)): days == 1 ? .string("Fair") : nil
        case .clock(.now): .number(100)
        default: nil
        }
    }

    @Test(arguments: [
        ("calendar('school')", "true"), ("calendar('bins')", "false"), ("calendar(self)", "true"),
        ("calendar_event('school')", "Lessons"), ("calendar_event('bins')", "?"), ("holiday()", "false"),
        ("holiday(1)", "true"), ("holiday_name(1)", "Fair"), ("holiday_name() ?? 'none'", "none"),
        ("calendar_next('school') - now < 401s", "true"), ("calendar_next('school') - now < 400s", "false"),
    ])
    func `calendars are asked`(_ text: String, _ expected: String) throws {
        let compiled = try Expression.parse(text).check(in: Self.environment)
        #expect(compiled.evaluate(Self.answer)?.description ?? "?" == expected)
        #expect(compiled.reads.isTimeDependent)
    }

    @Test(arguments: [
        ("calendar('scool')", "there is no calendar 'scool'; did you mean 'school'?"),
        ("calendar('x')", "there is no calendar 'x'; there is bins, school"),
        ("calendar(1)", "calendar takes the name of a calendar; write calendar('school')"),
        ("calendar()", "calendar"), ("holiday('x')", "holiday takes a number of days from -366 to 366; 1 is tomorrow"),
        ("holiday(0.5)", "a number of days"), ("holiday(1e9)", "a number of days"),
        ("calendar('school') = 'Lessons'", "true or false"),
    ])
    func `what is wrong is said`(_ text: String, _ expected: String) throws {
        do {
            _ = try Expression.parse(text).check(in: Self.environment)
            Issue.record("\(text) is taken")
        } catch {
            #expect("\(error)".contains(expected), "\(error)")
        }
    }

    @Test(arguments: [
        ("calendar('school')", 300), ("calendar_event('school') = 'Lessons'", 300), ("calendar('bins')", nil),
        ("calendar('bins') or calendar('school')", 300), ("holiday()", 86_400), ("holiday_name(1) = 'Fair'", 86_400),
        ("calendar_next('school') - now < 350s", 150),
    ])
    func `it is known when an answer changes`(_ text: String, _ expected: Int?) throws {
        let compiled = try Expression.parse(text).check(in: Self.environment)
        let time = Timestamp(microseconds: 100_000_000)
        let next = compiled.nextChange(after: time, in: .utc, lookup: Self.answer)
        #expect(next.map { Int(($0.seconds).rounded()) } == expected)
    }
}
