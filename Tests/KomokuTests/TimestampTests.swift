import Komoku
import KomokuTesting
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [1_700_000_000.123456, 0, -1.5, 1_700_000_000, 1_699_999_999.999999])
    func `seconds come back as the same decimal number`(seconds: Double) {
        #expect(Timestamp(seconds: seconds)?.seconds == seconds)
    }

    @Test func `every microsecond of today is written with at most six decimals`() {
        var random = SplitMix(seed: 1)
        for _ in 0..<10_000 {
            let micros = 1_700_000_000_000_000 + Int64.random(in: 0..<100_000_000_000_000, using: &random)
            let text = DecimalNumber.text(Timestamp(microseconds: micros).seconds)
            #expect((text.split(separator: ".").dropFirst().first?.count ?? 0) <= 6, "\(text)")
            #expect(Double(text).flatMap(Timestamp.init(seconds:))?.microseconds == micros)
        }
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, 1e13])
    func `numbers that are no time are refused`(seconds: Double) {
        #expect(Timestamp(seconds: seconds) == nil)
    }

    @Test func `adding never overflows`() {
        #expect(Timestamp.distantFuture + .seconds(1) == .distantFuture)
        #expect(Timestamp.distantPast - .seconds(1) == .distantPast)
        #expect((Timestamp.distantFuture - Timestamp.distantPast).microseconds == .max)
    }

    @Test func `whole milliseconds are rounded down, also before 1970`() {
        #expect(Timestamp(microseconds: 1999).wholeMilliseconds.microseconds == 1000)
        #expect(Timestamp(microseconds: -1).wholeMilliseconds.microseconds == -1000)
    }
}
