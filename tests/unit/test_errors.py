import pickle

from tolerance.errors import ToleranceError


def test_the_sentence_tells_what_is_wrong_and_then_what_to_do():
    assert str(ToleranceError("STATE is full", "make room and run again.")) == (
        "STATE is full: make room and run again."
    )
    assert str(ToleranceError("Nothing is published yet.")) == "Nothing is published yet."


def test_an_error_of_a_child_process_comes_back_whole():
    error = ToleranceError("the file is bad", "deliver it again.")

    back = pickle.loads(pickle.dumps(error))

    assert (back.what, back.remedy, str(back)) == (error.what, error.remedy, str(error))
