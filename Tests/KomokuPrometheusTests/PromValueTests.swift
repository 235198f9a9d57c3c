import KomokuPrometheus
import Testing

struct PromValueTests {
    /// As Prometheus 2.42 wrote them.
    @Test(
        arguments: [
            (0, "0"), (-0.0, "-0"), (21.5, "21.5"), (1e20, "100000000000000000000"), (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (1e-6, "0.000001"), (1.25e-6, "0.00000125"), (1e-7, "1e-07"), (-2.5e-8, "-2.5e-08"),
            (123_456_789_012_345_680, "123456789012345680"), (9_007_199_254_740_992, "9007199254740992"),
            (0.1 + 0.2, "0.30000000000000004"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
            (1e16, "10000000000000000"), (1.2345678e20, "123456780000000000000"), (.leastNonzeroMagnitude, "5e-324"),
        ] as [(Double, String)])
    func `numbers`(value: Double, text: String) {
        var bytes: [UInt8] = []
        PromValue.write(value, into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }
}
