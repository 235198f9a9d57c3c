import Komoku
import KomokuTesting
import Testing

@testable import KomokuDesk

@Suite struct PresenceTests {
    /// A person, and clocks that a test moves.
    private struct House {
        var presence = Presence(awayAfter: .seconds(300))
        var now = Presence.Moment(wall: Timestamp(microseconds: 1_700_000_000_000_000), monotonic: 5_000_000)

        var word: String? { presence.state?.word }

        mutating func hear(_ word: Presence.Word?, _ tracker: String = "wifi") {
            presence.hear(word, from: tracker)
            presence.settle(at: now)
        }

        mutating func hear(_ word: Presence.Word, _ tracker: String, measured ago: Int64) {
            presence.hear(word, from: tracker, measured: now.wall - .seconds(ago))
            presence.settle(at: now)
        }

        mutating func advance(_ seconds: Int64) {
            now.wall = now.wall + .seconds(seconds)
            now.monotonic += seconds * 1_000_000
            presence.settle(at: now)
        }

        mutating func jump(_ seconds: Int64) {
            now.wall = now.wall + .seconds(seconds)
            presence.settle(at: now)
        }

        mutating func restart(after seconds: Int64) throws {
            let kept = try JSON(parsing: presence.json.text)
            now = Presence.Moment(wall: now.wall + .seconds(seconds), monotonic: 77)
            presence = Presence(kept, awayAfter: presence.awayAfter, at: now)
            presence.settle(at: now)
        }
    }

    @Test func `whoever says home wins at once, and away is said after the delay`() {
        var house = House()
        #expect(house.word == nil)
        house.hear(.home)
        #expect(house.word == "home")
        house.hear(.elsewhere)
        house.hear(.elsewhere, "ble")
        house.advance(299)
        #expect(house.word == "home")
        house.advance(1)
        #expect(house.word == "away")
        house.hear(.home, "ble")
        #expect(house.word == "home" && house.presence.alarm(after: house.now) == nil)
    }

    @Test func `a moment of home begins the wait anew`() {
        var house = House()
        house.hear(.home)
        house.hear(.elsewhere)
        house.advance(200)
        house.hear(.home)
        house.hear(.elsewhere)
        house.advance(299)
        #expect(house.word == "home")
        house.advance(1)
        #expect(house.word == "away")
    }

    @Test func `a zone is told at once, and whoever leaves it long after the house is away at once`() {
        var house = House()
        house.hear(.home, "phone", measured: 10)
        house.hear(.zone("work"), "phone", measured: 5)
        #expect(house.word == "work")
        house.advance(400)
        house.hear(.elsewhere, "phone", measured: 0)
        #expect(house.word == "away")
        house.hear(.zone("work"), "phone", measured: 3)
        #expect(house.word == "away", "a late position moves nobody back")
    }

    @Test func `home of one tracker counts more than the zone of another, and the newest position more than others`() {
        var house = House()
        house.hear(.zone("work"), "phone", measured: 10)
        house.hear(.zone("gym"), "watch", measured: 20)
        #expect(house.word == "work")
        house.hear(.home)
        #expect(house.word == "home")
        house.hear(.elsewhere)
        house.hear(.zone("gym"), "watch", measured: 0)
        #expect(house.word == "gym")
    }

    @Test func `a silent tracker neither holds somebody at home nor sends away`() {
        var house = House()
        house.hear(.home)
        house.hear(.elsewhere, "ble")
        house.hear(nil)
        house.advance(300)
        #expect(house.word == "away", "the other one speaks")
        house.hear(.home)
        house.hear(nil)
        house.hear(nil, "ble")
        house.advance(299)
        #expect(house.word == "home")
        house.advance(1)
        #expect(house.word == nil, "nobody knows")
        house.advance(10_000)
        #expect(house.word == nil)
        house.hear(.elsewhere)
        house.advance(300)
        #expect(house.word == "away")
    }

    @Test func `the wait goes on over a restart and whatever the clock is set to`() throws {
        var house = House()
        house.hear(.home)
        house.hear(.elsewhere)
        house.advance(100)
        house.jump(-86_400)
        house.jump(3 * 86_400)
        try house.restart(after: 100)
        house.advance(99)
        #expect(house.word == "home")
        house.advance(1)
        #expect(house.word == "away")
        try house.restart(after: 1000)
        #expect(house.word == "away")
    }

    @Test func `a clock that was set back while nothing ran makes the wait no longer than it is`() throws {
        var house = House()
        house.hear(.home)
        house.hear(.elsewhere)
        try house.restart(after: -5000)
        house.advance(300)
        #expect(house.word == "away")
    }

    // MARK: By a model

    /// The same by looking back over everything that was heard, second by second.
    private struct Model {
        let delay: Int
        /// What is said in each second, by tracker.
        var said: [(word: Presence.Word?, isPosition: Bool, measured: Int)?] = [nil, nil, nil]
        var verdicts: [Presence.Word?] = []
        var states: [String?] = []

        mutating func pass() {
            let words = said.compactMap { said in said?.word.map { (word: $0, said: said) } }
            var verdict: Presence.Word?
            if words.contains(where: { $0.word == .home }) {
                verdict = .home
            } else if !words.isEmpty {
                verdict = .elsewhere
                let newest = said.indices.filter { said[$0]?.isPosition == true }
                    .max { (said[$0]?.measured ?? 0, $0) < (said[$1]?.measured ?? 0, $1) }
                if let newest, case .zone(let name)? = said[newest]?.word { verdict = .zone(name) }
            }
            verdicts.append(verdict)
            let before = states.last ?? nil
            func lasted(_ belongs: (Presence.Word?) -> Bool) -> Bool {
                verdicts.count > delay && verdicts.suffix(delay + 1).allSatisfy(belongs)
            }
            switch verdict {
            case .home: states.append("home")
            case .zone(let name): states.append(name)
            case .elsewhere: states.append(lasted { $0 != nil && $0 != .home } ? "away" : before)
            case nil: states.append(lasted { $0 == nil } ? nil : before)
            }
        }
    }

    @Test(arguments: 0..<300)
    func `over any history it says what a look back over all of it says`(seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        let delay = Int.random(in: 0...6, using: &random)
        var house = House()
        house.presence = Presence(awayAfter: .seconds(Int64(delay)))
        var model = Model(delay: delay)
        let begin = house.now.wall
        for second in 1...200 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0, 1, 2:
                let tracker = Int.random(in: 0...1, using: &random)
                let word: Presence.Word? = [nil, .home, .elsewhere, .elsewhere][Int.random(in: 0..<4, using: &random)]
                house.presence.hear(word, from: "tracker \(tracker)")
                model.said[tracker] = word.map { ($0, false, 0) }
            case 3, 4:
                let word: Presence.Word = [.home, .zone("work"), .zone("gym"), .elsewhere, .elsewhere][
                    Int.random(in: 0..<5, using: &random)]
                // Late, twice, out of order; devices have clocks of their own.
                let measured = second - Int.random(in: 0...5, using: &random)
                house.presence.hear(word, from: "tracker 2", measured: begin + .seconds(Int64(measured)))
                if measured >= model.said[2]?.measured ?? .min { model.said[2] = (word, true, measured) }
            case 5:
                // A second more or less is no step.
                let step = Int64.random(in: 2...5000, using: &random) * (Bool.random(using: &random) ? 1 : -1)
                house.now.wall = house.now.wall + .seconds(step)
                house.presence.settle(at: house.now)
            case 6:
                let kept = try JSON(parsing: house.presence.json.text)
                house.now.monotonic = Int64.random(in: 0...1_000_000_000, using: &random)
                house.presence = Presence(kept, awayAfter: house.presence.awayAfter, at: house.now)
            default: break
            }
            house.presence.settle(at: house.now)
            model.pass()
            #expect(house.word == model.states.last ?? nil, "seed \(seed), second \(second)")
            house.now.wall = house.now.wall + .seconds(1)
            house.now.monotonic += 1_000_000
            house.presence.settle(at: house.now, endsWaits: false)
        }
    }
}
