import Testing

@testable import KomokuDesk

struct ThrottleTests {
    private static let second: Int64 = 1_000_000

    @Test func whoFailsSomeTimesWaitsAndLongerEachTime() {
        var throttle = Throttle()
        for _ in 0..<Throttle.free {
            #expect(throttle.wait(of: "10.0.0.1", name: "anna", at: 0) == 0)
            throttle.failed(from: "10.0.0.1", name: "anna", at: 0)
        }
        #expect(throttle.wait(of: "10.0.0.1", name: "anna", at: 0) == 1)
        #expect(throttle.wait(of: "10.0.0.1", name: "anna", at: Self.second) == 0)
        throttle.failed(from: "10.0.0.1", name: "anna", at: Self.second)
        #expect(throttle.wait(of: "10.0.0.1", name: nil, at: Self.second) == 2)
        for _ in 0..<50 { throttle.failed(from: "10.0.0.1", name: "anna", at: Self.second) }
        #expect(throttle.wait(of: "10.0.0.1", name: nil, at: Self.second) == 60)
        // Others do not.
        #expect(throttle.wait(of: "10.0.0.2", name: nil, at: Self.second) == 0)
        #expect(throttle.wait(of: "10.0.0.1", name: nil, at: Self.second + Throttle.memory) == 0)
    }

    @Test func aNameThatIsTriedFromEverywhereWaitsButNotWhereItWasRightBefore() {
        var throttle = Throttle()
        throttle.succeeded(from: "192.168.1.5", name: "anna", at: 0)
        for index in 0..<40 { throttle.failed(from: "10.0.\(index).1", name: "anna", at: 0) }
        #expect(throttle.wait(of: "10.1.0.1", name: "anna", at: 0) == 60)
        #expect(throttle.wait(of: "10.1.0.1", name: "bert", at: 0) == 0)
        #expect(throttle.wait(of: "192.168.1.5", name: "anna", at: 0) == 0)
    }

    @Test func anAddressOfIPv6CountsWithItsNetwork() {
        #expect(Throttle.key(ofAddress: "2001:db8::1") == Throttle.key(ofAddress: "2001:db8:0:0:ffff::2"))
        #expect(Throttle.key(ofAddress: "2001:db8::1") != Throttle.key(ofAddress: "2001:db8:0:1::1"))
        #expect(Throttle.key(ofAddress: "::ffff:10.0.0.1") == Throttle.key(ofAddress: "10.0.0.1"))
        #expect(Throttle.key(ofAddress: "") == "a:")
    }

    @Test func aMillionAddressesTakeNoMoreRoomThanAFew() {
        var throttle = Throttle(capacity: 100)
        for index in 0..<5000 {
            throttle.failed(from: "10.\(index >> 8).\(index & 255).1", name: "n\(index)", at: Int64(index))
            throttle.succeeded(from: "10.9.\(index).1", name: "n\(index)", at: Int64(index))
        }
        #expect(throttle.count <= 100)
    }
}
