import Testing

@testable import komoku_demo_house

@Suite struct OptionsTests {
    @Test func `options are read`() throws {
        let options = try Options(parsing: ["--port", "18830", "--seed", "9", "--speed", "2.5"])
        #expect((options.port, options.seed, options.speed) == (18_830, 9, 2.5))
    }

    @Test(arguments: [
        ["--port"], ["--port", "0"], ["--port", "x"], ["--speed", "nan"], ["--sed", "1"], ["7", "8"],
    ])
    func `a wrong option is refused`(arguments: [String]) {
        #expect(throws: Options.Invalid.self) { try Options(parsing: arguments) }
    }
}
