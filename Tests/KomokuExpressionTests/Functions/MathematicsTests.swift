import Komoku
import KomokuExpression
import KomokuTesting
import Testing

struct MathematicsTests {
    /// expression | result; `?` is unknown.
    static let table = #"""
        sqrt(9)                      | 3
        sqrt(-1)                     | ?
        pow(2, 10)                   | 1024
        pow(-8, 0.5)                 | ?
        pow(10, 400)                 | ?
        pow(0, -1)                   | ?
        exp(0)                       | 1
        exp(1000)                    | ?
        log(8, 2)                    | 3
        log(1000, 10)                | 3
        round(log(81, 3), 9)         | 4
        log(exp(2))                  | 2
        log(0)                       | ?
        log(-1)                      | ?
        log(5, 1)                    | ?
        log(5, 0)                    | ?
        log(5, -2)                   | ?
        round(pi, 4)                 | 3.1416
        round(sin(pi / 2), 9)        | 1
        round(cos(pi), 9)            | -1
        round(tan(pi / 4), 9)        | 1
        round(asin(1) * 2 - pi, 9)   | 0
        acos(1)                      | 0
        acos(2)                      | ?
        round(atan(1) * 4 - pi, 9)   | 0
        round(atan2(1, -1) / pi, 9)  | 0.75
        atan2(0, 0)                  | 0
        sign(-3)                     | -1
        sign(0)                      | 0
        sign(2)                      | 1
        sqrt(hall.lux)               | ?
        sqrt(hall.lux / 0) ?? 7      | 7
        """#

    @Test(arguments: table.split(separator: "\n"))
    func `comes out as in mathematics, and unknown where there is no number`(_ line: Substring) throws {
        let columns = line.split(separator: "|").map(ExpressionTests.trim)
        #expect(try House.compile(columns[0]).evaluate { _ in nil }?.description ?? "?" == columns[1])
    }

    @Test(arguments: ["sqrt", "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sign"])
    func `whatever number is put in, what comes out is finite or unknown`(_ name: String) throws {
        let compiled = try House.compile("\(name)(hall.lux)")
        var random = SplitMix(seed: 7)
        for _ in 0..<2000 {
            let number = Double(bitPattern: random.next())
            let value = compiled.evaluate { _ in .number(number) }
            #expect(value?.number?.isFinite ?? true, "\(name)(\(number))")
        }
    }

    @Test func `the reason is told`() throws {
        let evaluation = try House.compile("sqrt(hall.lux)").evaluation { _ in .value(.number(-4)) }
        #expect(evaluation.isFault && evaluation.reason == "the result is no number")
    }

    @Test func `a key with the name of a constant stays a key`() throws {
        let environment = TypeEnvironment(key: { $0.text == "pi" ? .init(.boolean) : nil })
        #expect(try Expression.parse("pi").check(in: environment).kind == .boolean)
        #expect(try Expression.parse("pi").check(in: TypeEnvironment(key: { _ in .dynamic })).kind == .number)
    }
}
