import Komoku
import KomokuTesting
import Testing

@testable import KomokuRules

struct HoldsTests {
    private static func id(_ rule: Int, _ trigger: Int = 0, _ key: String? = nil) -> Hold.ID {
        Hold.ID(TriggerIndex.Slot(rule: Int32(rule), trigger: Int32(trigger)), key.flatMap { KeyName($0) })
    }

    private static func hold(_ id: Hold.ID, due: Int64 = 0) -> Hold {
        Hold(id: id, occasion: Occasion("change", at: Timestamp(microseconds: due)), due: due)
    }

    /// Whatever happens to them, and wherever their rules go, they are found by number and by trigger alike.
    @Test(arguments: 1...8 as ClosedRange<UInt64>) func `they are what a plain list of them is`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var holds = Holds()
        var model: [(number: Int64, hold: Hold)] = []
        var levels: [Hold.ID: Double] = [:]
        for step in 0..<600 {
            let id = Self.id(
                Int.random(in: 0..<5, using: &random), Int.random(in: 0..<2, using: &random),
                ["a", "b", nil].randomElement(using: &random) ?? nil)
            let slot = model.firstIndex { $0.hold.id == id }
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where slot == nil:
                model.append((holds.add(Self.hold(id, due: Int64(step))), Self.hold(id, due: Int64(step))))
            case 1:
                let isRemoved = holds.remove(id)
                #expect(isRemoved == (slot != nil))
                if let slot { model.remove(at: slot) }
            case 2:
                holds.set(Occasion("event", at: Timestamp(microseconds: Int64(step))), of: id)
                if let slot {
                    model[slot].hold.occasion = Occasion("event", at: Timestamp(microseconds: Int64(step)))
                }
            case 3 where slot != nil:
                if let slot {
                    holds.set(due: Int64(step), of: model[slot].number)
                    model[slot].hold.due = Int64(step)
                }
            case 4:
                _ = holds.set(level: Double(step), of: id)
                levels[id] = Double(step)
            case 5 where Int.random(in: 0..<5, using: &random) == 0:
                // Those of rules that go are ended before.
                let moved = Dictionary(uniqueKeysWithValues: zip(0..<5, (0..<5).shuffled(using: &random)))
                holds.move(moved)
                for index in model.indices {
                    model[index].hold.id.rule = Int32(moved[Int(model[index].hold.id.rule)] ?? 0)
                }
                levels = Dictionary(
                    uniqueKeysWithValues: levels.map { id, level in
                        var id = id
                        id.rule = Int32(moved[Int(id.rule)] ?? 0)
                        return (id, level)
                    })
            default: break
            }
            #expect(holds.count == model.count && holds.all.count == model.count)
            for (number, hold) in model {
                #expect(holds[number]?.due == hold.due && holds[hold.id]?.due == hold.due)
                #expect(holds[number]?.id == hold.id && holds[hold.id]?.occasion == hold.occasion)
            }
            #expect(Set(holds.measured) == Set(levels.keys))
            #expect(levels.allSatisfy { holds.level(of: $0.key) == $0.value })
        }
    }

    @Test func `what a rule measured that is gone goes with it`() {
        var holds = Holds()
        for rule in 0..<3 { _ = holds.set(level: Double(rule), of: Self.id(rule)) }
        holds.move([0: 1, 2: 0])
        #expect(holds.level(of: Self.id(1)) == 0 && holds.level(of: Self.id(0)) == 2 && holds.measured.count == 2)
        let removed = (0..<2).map { _ in holds.removeLevel(of: Self.id(1)) }
        #expect(removed == [true, false])
    }
}
