import Komoku
import KomokuDesk
import KomokuDeskTesting
import KomokuHub
import KomokuTesting
import KomokuWire
import Testing

@testable import KomokuServer

/// What is pushed to a guest who follows runs tells as little of hidden rules as an answer.
@Suite(.timeLimit(.minutes(2))) struct FollowVisibilityTests {
    /// The runs of a visible rule that a hidden one starts, as they are pushed to somebody.
    private static func pushed(to rights: Rights) async throws -> [String] {
        try await GuestHouse.run(isWhole: true, setsScene: true) { house in
            let owner = Caller("test", isLocal: true)
            func ask(_ text: String) async throws {
                house.clock.advance(by: .seconds(1))
                _ = try await house.ask(text, as: owner)
            }
            try await ask(#"{"put":{"key":"hall.scene","value":"dark"}}"#)
            try await ask(#"{"get":{"key":"hall.scene"}}"#)
            let feed = RunFeed(rights: { rights }, wake: {})
            await house.hub.follow(feed, house.desk)
            try await ask(#"{"put":{"key":"safe.geheim","value":7}}"#)
            try await ask(#"{"get":{"key":"hall.scene"}}"#)
            return feed.drain(max: 100).map(\.json.text).filter { $0.contains("scene-light") }
        }
    }

    @Test func theOccasionOfARunTellsNothingOfARuleThatIsHidden() async throws {
        let told = try await Self.pushed(to: try GuestHouse.rights)
        #expect(!told.isEmpty && told.allSatisfy { $0.contains(#""source":"rule""#) }, "\(told)")
        #expect(told.allSatisfy { !GuestHouse.isLeak($0) && !$0.contains(#""parent""#) }, "\(told)")
    }

    @Test func theOwnerIsToldWhichRuleItWas() async throws {
        let told = try await Self.pushed(to: .all)
        #expect(!told.isEmpty && told.allSatisfy { $0.contains(#""source":"rule geheim-setter""#) }, "\(told)")
        #expect(told.allSatisfy { $0.contains(#""parent""#) }, "\(told)")
    }
}

extension Hub {
    fileprivate func follow(_ feed: RunFeed, _ desk: Desk) {
        feed.follow(FollowRequest(), desk, in: self)
    }
}
