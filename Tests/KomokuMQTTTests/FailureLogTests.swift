import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct FailureLogTests {
    @Test func `failures are told a few times a minute, with how many went unsaid`() {
        let (logger, lines) = collectingLogger()
        let log = FailureLog(logger)
        for number in 0..<100 { log.say("a/\(number)", "the broker cannot be reached", at: 1000) }
        #expect(lines.elements.count == 5)
        log.say("b", "the broker cannot be reached", at: 60_001_000)
        #expect(lines.elements.count == 6 && lines.elements[5].contains("95"))
    }
}
