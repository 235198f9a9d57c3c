import Komoku
import KomokuTesting
import Testing

@Suite struct DecimalNumberTests {
    @Test(arguments: [
        "0", "-0", "1", "20.93", "-273.15", "1e22", "1e23", "123456789012345678", "4.9e-324", "1.7976931348623157e308",
        "0.1", "1e-7", "9007199254740993", "0.30000000000000004",
    ])
    func `a number is the double nearest to its text`(text: String) {
        #expect(DecimalNumber.parse(Array(text.utf8)) == Double(text))
    }

    @Test func `random decimals are read as the C library reads them`() {
        var random = SplitMix(seed: 3)
        for _ in 0..<20_000 {
            let digits = Int.random(in: 0...999_999_999, using: &random)
            let text = "\(digits / 1000).\(digits % 1000)e\(Int.random(in: -30...30, using: &random))"
            #expect(DecimalNumber.parse(Array(text.utf8)) == Double(text), "\(text)")
        }
    }

    @Test(arguments: ["", "-", "01", "1.", ".1", "1e", "1e400", "0x1F", "inf", "nan", "1 ", "21,5", "21 °C"])
    func `other texts are no numbers`(text: String) {
        #expect(DecimalNumber.parse(Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        ("0003092.68", 3092.68), ("+21.5", 21.5), (".5", 0.5), ("5.", 5), ("007 ", 7), ("5..6", nil), ("1..5", nil),
        ("1.0.13", nil), ("..5", nil), (".", nil), ("5.e1", 50),
    ])
    func `numbers as meters write them are read, and only those`(text: String, number: Double?) {
        #expect(DecimalNumber.parseLeniently(Array(text.utf8)) == number)
    }

    @Test(arguments: [
        (1.005, 2, 1.0), (2.675, 2, 2.68), (0.125, 2, 0.13), (-1.25, 1, -1.3), (1e300, 3, 1e300), (20.9, 0, 21),
    ])
    func `rounding keeps so many decimals`(number: Double, decimals: Int, rounded: Double) {
        #expect(DecimalNumber.round(number, decimals: decimals) == rounded)
    }

    @Test(arguments: [(239.0, "239"), (-0.0, "0"), (20.5, "20.5"), (1e15, "1000000000000000"), (1e22, "1e+22")])
    func `a number is written in its shortest form`(number: Double, text: String) {
        #expect(DecimalNumber.text(number) == text)
    }
}
