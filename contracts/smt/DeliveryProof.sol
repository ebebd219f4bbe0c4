// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title A feed's round and time only rise, whatever is delivered (protocol §8.3)
/// @notice The rule of FeedDelivery on its two numbers: older rounds are skipped, a newer round
/// with an older time reverts, an unavailable report moves the round alone.
contract DeliveryProof {
    uint32 private _round;
    uint32 private _time;

    function deliver(uint32 round, uint32 time, bool isOk) external {
        (uint32 oldRound, uint32 oldTime) = (_round, _time);
        if (round > oldRound) {
            if (isOk) {
                require(time >= oldTime);
                _time = time;
            }
            _round = round;
        }
        assert(_round >= oldRound);
        assert(_time >= oldTime);
    }
}
